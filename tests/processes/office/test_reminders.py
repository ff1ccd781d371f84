"""Reminders by mail, against a real SMTP server: out whether or not the office system answers, and to nobody twice."""

from collections.abc import Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from uuid import UUID

import pytest
from flask import Flask
from mail_support import MailServer, mail_server
from sqlalchemy import select, text

from engine import tasks, timers, worker
from engine.database import transaction
from engine.permissions import Actor
from models.mail import Mail
from models.oa import OaConnection
from models.runtime import Job, Timer, UserTask
from processes import catalogue
from processes.invoice import intake
from processes.invoice.samples.generate import default_number, make

ZHAO, WU = "zhao.lei@example.com", "wu.gang@example.com"


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        monkeypatch.setenv("SHENPI_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("SHENPI_SMTP_PORT", str(server.port))
        yield server


@pytest.fixture
def job(app: Flask, li_na: Actor, wang_fang: Actor) -> str:
    """A case whose finance group, Zhao Lei and Wu Gang, is late: the job of its reminder. The office system is down."""
    catalogue.install()
    with transaction() as session:
        session.execute(
            text("INSERT INTO group_member SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'finance' AND p.key = 'wu.gang'")
        )
        case = intake.submit(session, *make("einvoice", number=default_number("einvoice", 77)), by=li_na).case_id
    with transaction() as session:
        task = session.scalars(select(UserTask.id).filter_by(instance_id=case, state="open")).one()
        tasks.complete(session, task, by=wang_fang, outcome="approve", comment="", values={})
    with transaction() as session:
        timers.advance_clock(session, timedelta(hours=25), development=True)
    with transaction() as session:
        timer = session.scalars(select(Timer).filter_by(instance_id=case, element="late_finance")).one()
        timers.fire(session, UUID(str(case)), UUID(str(timer.token)))
    with transaction() as session:
        return str(session.scalars(select(Job.id).filter_by(instance_id=case, operation="approval.remind")).one())


def run(job: str) -> str:
    """Let a worker try the job once; returns its state then."""
    worker.call(job)
    with transaction() as session:
        return session.get_one(Job, UUID(job), populate_existing=True).state


def office_is_gone() -> None:
    with transaction() as session:
        for connection in session.scalars(select(OaConnection)):
            connection.active = False


def marks(job: str) -> int:
    with transaction() as session:
        sql = text(
            "SELECT count(*) FROM history_event e JOIN job j ON j.instance_id = e.instance_id WHERE j.id = :job AND e.type = 'task:reminded'"
        )
        return int(session.execute(sql, {"job": job}).scalar_one())


def test_mails_go_out_while_the_office_system_is_down_and_a_retry_sends_none_again(post: MailServer, job: str) -> None:
    assert run(job) == "retrying"
    assert sorted(address for address, _ in post.taken) == [WU, ZHAO]
    subject = str(make_header(decode_header(post.taken[0][1]["Subject"])))
    assert subject.startswith("待办催办")

    assert run(job) == "retrying"
    office_is_gone()
    assert run(job) == "completed"

    assert len(post.taken) == 2
    assert marks(job) == 1


def test_who_could_not_be_mailed_is_tried_again_and_the_others_are_left_alone(post: MailServer, job: str) -> None:
    office_is_gone()
    post.answers[WU] = "451 later"
    assert run(job) == "retrying"
    assert (len(post.to(ZHAO)), len(post.to(WU))) == (1, 0)
    del post.answers[WU]
    assert run(job) == "completed"
    assert (len(post.to(ZHAO)), len(post.to(WU))) == (1, 1)


def test_an_address_that_is_refused_for_good_stops_nobody(post: MailServer, job: str) -> None:
    office_is_gone()
    post.answers[WU] = "550 no such user"
    assert run(job) == "completed"
    with transaction() as session:
        kept = {row.person: (row.state, row.note) for row in session.scalars(select(Mail))}
    assert kept["zhao.lei"] == ("sent", None)
    assert kept["wu.gang"][0] == "refused" and "no such user" in str(kept["wu.gang"][1])


def test_a_mail_server_that_is_down_does_not_keep_the_notice_from_the_office_system(job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHENPI_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SHENPI_SMTP_PORT", "9")
    asked: list[str] = []
    monkeypatch.setattr("processes.office.operations.ask", lambda operation, key, payload: asked.append(key) or [])
    assert run(job) == "retrying"
    assert asked == [job]


def test_without_a_mail_server_nobody_is_mailed(job: str) -> None:
    office_is_gone()
    assert run(job) == "completed"
