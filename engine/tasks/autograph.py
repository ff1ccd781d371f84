"""The handwritten signature of a decision (手写签名), where the drawing asks for one: kept as an attachment, its digest in the event of the decision."""

from uuid import UUID

from engine import attachments, signatures
from engine.bpmn.policies import REQUIRED
from engine.errors import Fault, InvalidVariables
from engine.forms import UNFILLED
from engine.tasks.held import Held
from models.attachment import Attachment


def sign(held: Held, outcome: str, given: bytes | UUID | None) -> Attachment | None:
    """Make a signature part of a decision: a picture, or what was uploaded for this task. None where the drawing lets it be left out and it is.

    Who rejects or returns need not sign. Refuses with `InvalidVariables` one that is missing or not asked for, and as `signatures.check` and
    `attachments.attach` do.
    """
    wanted = held.element.policy.signature
    if given is None:
        if wanted == REQUIRED and outcome not in UNFILLED:
            raise _refused("signature-missing", "请手写签名", "A handwritten signature is needed")
        return None
    if wanted is None:
        raise _refused("signature-unasked", "这项待办不需要手写签名", "No signature is asked for here")
    session, task_id = held.step.session, UUID(held.task["id"])
    if isinstance(given, bytes):
        signatures.check(given)
        kept = attachments.store(session, by=held.by, task_id=task_id, name=signatures.NAME, content=given)
        return attachments.attach(session, [kept.id], task_id=task_id, by=held.by)[0]
    (brought,) = attachments.attach(session, [given], task_id=task_id, by=held.by)
    signatures.check(attachments.read(session, brought.id, by=held.by)[1])
    return brought


def _refused(code: str, zh: str, en: str) -> InvalidVariables:
    return InvalidVariables([Fault(code, zh, en, path="signature")])
