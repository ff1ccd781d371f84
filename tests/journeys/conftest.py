"""The fixtures of the journeys; what they are made of stands in `journeys_support.py`."""

from journeys_support import installation, own_installation

__all__ = ["installation", "own_installation"]
