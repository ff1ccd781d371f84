"""What a connector is given and what it gives back (the neutral interface between the engine and any office system).

A connector has two doors. `push` is called after every step that changed a task or the status of an instance, with one immutable snapshot whose
version strictly increases per instance; each connector derives its own calls from it. `call` is what a drawn service task asks for. Transfer,
delegation, added signers, returns and withdrawals are no verbs here: they are snapshots with changed tasks.
"""

from engine.oa.contract.connection import Capabilities, Connection, Exchange, Field, Health
from engine.oa.contract.connector import Connector, Desk
from engine.oa.contract.incoming import WORK_NUMBER, Event, EventKind, RawRequest, Received, RemoteDepartment, RemotePerson, Reply, Said
from engine.oa.contract.outcomes import Difference, DifferenceKind, ItemResult, OARequest, Problem, Receipt, Shown
from engine.oa.contract.snapshots import (
    Action,
    CcView,
    Chronicle,
    Happening,
    InstanceSnapshot,
    InstanceStatus,
    Item,
    Links,
    Origin,
    TaskStatus,
    TaskView,
)

__all__ = [
    "WORK_NUMBER",
    "Action",
    "Capabilities",
    "CcView",
    "Chronicle",
    "Connection",
    "Connector",
    "Desk",
    "Difference",
    "DifferenceKind",
    "Event",
    "EventKind",
    "Exchange",
    "Field",
    "Happening",
    "Health",
    "InstanceSnapshot",
    "InstanceStatus",
    "Item",
    "ItemResult",
    "Links",
    "OARequest",
    "Origin",
    "Problem",
    "RawRequest",
    "Receipt",
    "Received",
    "RemoteDepartment",
    "RemotePerson",
    "Reply",
    "Said",
    "Shown",
    "TaskStatus",
    "TaskView",
]
