"""Texts in Feishu's calls: each is a key `@i18n@...` of at least nine characters, with its text beside it (创建三方审批定义, i18n_resources)."""

from typing import Any

LOCALE = "zh-CN"


class Texts:
    """Gives each text a key, the same text the same key."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def key(self, text: str) -> str:
        """Return the key of a text."""
        return self._keys.setdefault(text or " ", f"@i18n@{len(self._keys) + 1:05d}")

    def resources(self) -> list[dict[str, Any]]:
        """Return the list that goes with a call."""
        return [{"locale": LOCALE, "is_default": True, "texts": [{"key": key, "value": text} for text, key in self._keys.items()]}]
