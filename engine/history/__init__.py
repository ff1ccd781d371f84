"""The record of what happened: events as exact bytes, each sealed with the hash of the one before it."""

from engine.history.events import GENESIS, Event, Recorder, seal

__all__ = ["GENESIS", "Event", "Recorder", "seal"]
