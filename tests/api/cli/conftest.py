"""The application with everybody's browser."""

from web_support import web

__all__ = ["web"]
