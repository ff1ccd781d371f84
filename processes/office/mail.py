"""Mails of a job, one a person: each goes out once, whatever else of the job has to be tried again.

A mail is recorded in a transaction of its own behind it. A worker that dies between the two sends it again with the same Message-ID, by which
the other side knows it.
"""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import select

from engine.crash import point
from engine.database import transaction
from engine.errors import OAUnavailable
from engine.operations import Situation
from engine.settings import Settings, read_settings
from models.mail import Mail


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a mail goes to."""

    key: str
    address: str


def send(told: Situation, recipients: list[Recipient], subject: str, text: str) -> tuple[int, OAUnavailable | None]:
    """Send what is not sent yet; returns how many have their mail, and the failure that asks for another attempt.

    Nobody is written to where no server is set up. An address that the server refuses for good is recorded and not tried again.
    """
    settings = read_settings()
    if not settings.smtp_host:
        return 0, None
    job = UUID(told.key)
    with transaction() as session:
        done = {row.person: row.state for row in session.scalars(select(Mail).filter_by(job_id=job))}
    failure: OAUnavailable | None = None
    for recipient in recipients:
        if recipient.key in done:
            continue
        try:
            done[recipient.key], note = _send(settings, told, recipient, subject, text)
        except (OSError, smtplib.SMTPException) as error:
            failure = OAUnavailable(reason=f"mail: {type(error).__name__}")
            continue
        with transaction("mail.record") as session:
            session.add(Mail(job_id=job, person=recipient.key, state=done[recipient.key], note=note))
    return sum(state == "sent" for state in done.values()), failure


def tell(told: Situation, recipients: list[Recipient], subject: str, text: str) -> None:
    """Send a notice that no job stands behind. Raises `OAUnavailable` when one could not be sent, after all were tried."""
    settings = read_settings()
    failure: Exception | None = None
    for recipient in recipients if settings.smtp_host else ():
        try:
            _send(settings, told, recipient, subject, text)
        except (OSError, smtplib.SMTPException) as error:
            failure = error
    if failure is not None:
        raise OAUnavailable(reason=f"mail: {type(failure).__name__}") from failure


def _send(settings: Settings, told: Situation, recipient: Recipient, subject: str, text: str) -> tuple[str, str | None]:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, settings.mail_from, recipient.address
    message["Message-ID"] = f"<{told.key}.{recipient.key}@shenpi>"
    message.set_content(f"{text}\n{settings.public_url}/cases/{told.instance_id}\n")
    point("mail.send:before")
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=10) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()), (0, b""))
        if code < 500:
            raise
        return "refused", f"{code} {reason.decode(errors='replace')}".replace("\0", "")[:500]
    except ValueError as error:  # an address that is none
        return "refused", str(error)[:500]
    point("mail.send:after")
    return "sent", None
