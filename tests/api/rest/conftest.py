"""The web application for the tests of its REST interface."""

from web_support import web

__all__ = ["web"]
