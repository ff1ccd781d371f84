"""Alarms to whoever runs the installation: a mail to every administrator, and a signed message to an address of the customer's choice."""

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import partial
from typing import Any

import httpx
import orjson
from sqlalchemy import select

from engine.database import transaction
from engine.notices import Alarm
from engine.oa.guarded import Transport, within
from engine.oa.webhook.signature import headers, identify
from engine.settings import Settings, read_settings
from models.identity import Person, RoleGrant

log = logging.getLogger("shenpi.alarms")

ATTEMPTS = 4
FIRST_WAIT = 1.0  #: seconds, doubled each time
PATIENCE = 10.0  #: seconds for the address to answer


def send(alarm: Alarm) -> None:
    """Tell everybody in every way that is set up; what cannot be sent is tried again a few times and then left, with a line in the log."""
    settings = read_settings()
    if settings.smtp_host:
        with transaction() as session:
            wanted = select(Person.email).join(RoleGrant, RoleGrant.person_id == Person.id).order_by(Person.key)
            addresses = session.scalars(wanted.where(Person.active, RoleGrant.role == "administrator", Person.email.is_not(None))).all()
        for address in filter(None, addresses):
            attempt(f"mail to {address}", partial(mail, settings, alarm, address))
    if settings.alert_webhook:
        attempt("alert webhook", partial(post, settings, alarm))


def attempt(what: str, act: Callable[[], Any]) -> None:
    """Do something a few times until it works."""
    for left in reversed(range(ATTEMPTS)):
        try:
            act()
            return
        except (OSError, smtplib.SMTPException, httpx.HTTPError, ValueError) as error:
            log.warning("%s: %s", what, error)
            if left:
                time.sleep(FIRST_WAIT * 2.0 ** (ATTEMPTS - 1 - left))


def mail(settings: Settings, alarm: Alarm, address: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = alarm.subject, settings.mail_from, address
    message["Message-ID"] = f"<{identify(alarm.key).replace(':', '.')}.{identify(address)}@shenpi>"
    message.set_content(f"{alarm.text}\n\n{alarm.link}\n")
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=PATIENCE) as server:
        server.send_message(message)


def post(settings: Settings, alarm: Alarm) -> None:
    """Post it, signed as the generic webhook is; the same key on every attempt."""
    event = identify(alarm.key)
    body = orjson.dumps(
        {"eventId": event, "kind": alarm.kind, "subject": alarm.subject, "text": alarm.text, "link": alarm.link, **alarm.facts}
    )
    sent = {"Content-Type": "application/json", "Idempotency-Key": event, **headers(settings.alert_secret, event, body, datetime.now(UTC))}
    with within(PATIENCE), httpx.Client(transport=Transport(), timeout=PATIENCE, trust_env=False, follow_redirects=False) as client:
        client.post(settings.alert_webhook, content=body, headers=sent).raise_for_status()
