"""User tasks: what people are asked to do, and what they answer.

A task is open until it is decided or its instance goes elsewhere. Anyone among its candidates may claim it; its assignee, or while nobody holds it any
candidate, may decide it. Where the process goes next is not decided here. Each verb is one step: one transaction, one event that says who and why.

Several tasks may stand at one place of the drawing: the task itself and those of signers who were added to it (加签). The case goes on when the task is
decided and everybody who was added has signed.
"""

from engine.tasks.deciding import complete
from engine.tasks.handover import MOST as HANDED_OVER_AT_ONCE
from engine.tasks.handover import Leaving, hand_over, leaving, open_of
from engine.tasks.held import barred, behalf_of
from engine.tasks.holding import claim, delegate, resolve, transfer, unclaim
from engine.tasks.late import explain_closed
from engine.tasks.noting import comment, mark_reminded, urge
from engine.tasks.returning import may_take_back, policy_of, return_to, steps_back, take_back
from engine.tasks.signing import add_signer, remove_signer
from engine.tasks.unassigned import assign

__all__ = [
    "HANDED_OVER_AT_ONCE", "Leaving", "add_signer", "assign", "barred", "behalf_of", "claim", "comment", "complete", "delegate", "explain_closed",
    "hand_over", "leaving", "mark_reminded", "may_take_back", "open_of", "policy_of", "remove_signer",
    "resolve", "return_to", "steps_back", "take_back", "transfer", "unclaim", "urge",
]  # fmt: skip
