"""Vendors' own clients, which are large: of Feishu's there are thousands of files."""

from importlib import import_module
from typing import Any


class Sdk:
    """A module of a client that is loaded when something of it is used, and not by every process that only collects the tests."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest looks whether it is a test
            raise AttributeError(name)
        return getattr(import_module(self._name), name)
