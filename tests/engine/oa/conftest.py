"""What tests of connectors share."""

from certificates_support import certificate

__all__ = ["certificate"]
