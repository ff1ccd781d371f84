"""Texts by key: Feishu shows `@i18n@...` keys in the reader's language, and refuses a key that has no text."""

from typing import Any

from api.simulators.fields import Wrong, choice, rows, text
from api.simulators.simulator import simulator

PREFIX = "@i18n@"
DEFINITION_LOCALES = ("zh-CN", "en-US", "ja-JP")
INSTANCE_LOCALES = (
    *DEFINITION_LOCALES,
    *("zh-HK", "zh-TW", "de-DE", "es-ES", "fr-FR", "id-ID", "it-IT", "ko-KR", "pt-BR", "th-TH", "vi-VN", "ms-MY", "ru-RU"),
)


def resources(body: dict[str, Any], locales: tuple[str, ...]) -> dict[str, str]:
    """Return the texts of the default locale; exactly one locale is the default."""
    found = rows(body, "i18n_resources", needed=True)
    for each in found:
        choice(each, "locale", locales)
    defaults = [each for each in found if each.get("is_default") is True]
    if len(defaults) != 1:
        raise Wrong("exactly one of i18n_resources must be the default")
    texts = [{text(item, "key"): text(item, "value", needed=False) for item in rows(each, "texts", needed=True)} for each in found]
    return texts[found.index(defaults[0])]


def check_key(texts: dict[str, str], value: str, name: str) -> None:
    """Check a field that must be a key: it has its form, and a text."""
    if simulator().config.strict_keys and value and (not value.startswith(PREFIX) or len(value) < 9):
        raise Wrong(f"{name} must begin with {PREFIX} and have 9 characters or more")
    check_known(texts, value, name)


def check_known(texts: dict[str, str], value: str, name: str) -> None:
    """Check a field that may be a key: if it is one, it has a text."""
    if value.startswith(PREFIX) and value not in texts:
        raise Wrong(f"{name} {value} is not in i18n_resources")


def told(texts: dict[str, str], value: str) -> str:
    return texts.get(value, value)
