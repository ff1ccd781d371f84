"""The words that DingTalk has for how things stand."""

from datetime import datetime

from engine.oa.contract import InstanceSnapshot, TaskView

PENDING, CLOSING = "RUNNING", "closing"
#: status and result of an ended instance; a terminated one needs a result as well
ENDINGS = {"approved": ("COMPLETED", "agree"), "rejected": ("COMPLETED", "refuse")}
TERMINATED = ("TERMINATED", "refuse")
TASK_ENDINGS = {"approved": ("COMPLETED", "AGREE"), "rejected": ("COMPLETED", "REFUSE")}
CANCELED = ("CANCELED", None)
TITLE = 64


def ending_of(task: TaskView) -> tuple[str, str | None]:
    """Return status and result of a task that is over. Who returned it has refused it: it stays in the list of what she did."""
    if task.outcome == "return" and task.status == "closed" and task.reason is None:
        return TASK_ENDINGS["rejected"]
    return TASK_ENDINGS.get(task.status, CANCELED)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def title_of(snapshot: InstanceSnapshot) -> str:
    """Return the title in 64 characters: the number and the amount stay whole."""
    amount = f"{snapshot.currency or ''} {snapshot.amount:,.2f}".strip() if snapshot.amount is not None else ""
    head = " ".join(part for part in (snapshot.business_key or "", amount) if part)[:TITLE]
    rest = TITLE - len(head) - 1
    return f"{snapshot.title[:rest]} {head}".strip() if rest > 0 else head
