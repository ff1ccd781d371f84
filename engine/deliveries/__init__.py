"""Snapshots on their way to office systems: the outbox row is the truth, the job only wakes.

A push job takes what waits of some cases of one connection for a while (a lease), calls the office system outside any transaction, and records the receipts
together. Of several snapshots of a case the newest is sent, and tells what the others would have told: a connector compares with the last one that was
accepted. When a worker dies, its lease runs out and the rows are taken again; the same bytes carry the same key.
"""

from engine.deliveries.listing import deliveries_of
from engine.deliveries.recording import Delivered, record_failure, record_receipts
from engine.deliveries.renewing import hurry, push_again, push_all_again, show_again
from engine.deliveries.taking import Pending, keep, look, put_back, take
from engine.deliveries.waking import promise, wake, wake_waiting

__all__ = [
    "Delivered",
    "Pending",
    "deliveries_of",
    "hurry",
    "keep",
    "look",
    "promise",
    "push_again",
    "push_all_again",
    "put_back",
    "record_failure",
    "record_receipts",
    "show_again",
    "take",
    "wake",
    "wake_waiting",
]
