"""The fixtures of the page tests; what they are made of stands in `pages_support.py`."""

from pages_support import office, words
from web_support import web

__all__ = ["office", "web", "words"]
