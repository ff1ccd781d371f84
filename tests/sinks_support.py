"""Snapshots by hand, and an office system that keeps what it is asked and answers what a test says, without a network."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from engine.oa.contract import Action, CcView, InstanceSnapshot, Links, TaskStatus, TaskView

CASE = "0194a0c0-0000-7000-8000-000000000001"
TASK = "0194a0c0-0000-7000-8000-00000000000a"
OTHER = "0194a0c0-0000-7000-8000-00000000000b"
#: half past eleven at night in London, half past seven of the next morning in Shanghai
AT = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
PAGE = "https://shenpi.example/tasks"


def task(person: str = "wang.fang", status: TaskStatus = "pending", key: str = TASK, **more: Any) -> TaskView:
    page = f"{PAGE}/{key}"
    at = more.pop("created_at", AT)
    given = {"actions": (Action("approve", "同意"), Action("reject", "驳回", needs_reason=True)), "links": Links(page, page)} | more
    return TaskView(f"{key}:{person}", "check", "初审", person, status, at, "nonce-of-this-task", **given)


def snapshot(*tasks: TaskView, copies: tuple[CcView, ...] = (), **more: Any) -> InstanceSnapshot:
    found = InstanceSnapshot(
        CASE, 1, "payment", "付款 FP-2026-000123", "li.na", "running", AT, definition_name="付款审批", applicant_name="李娜",
        business_key="FP-2026-000123", links=Links("https://shenpi.example/cases/1", None), tasks=tasks, ccs=copies,
    )  # fmt: skip
    return replace(found, **more)


Answering = Callable[[httpx.Request], httpx.Response | dict[str, Any] | str]


@dataclass
class Office:
    """Answers by a function, and keeps the requests."""

    answers: Answering
    requests: list[httpx.Request] = field(default_factory=list)

    def take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers(request)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, text=answer) if isinstance(answer, str) else httpx.Response(200, json=answer)

    def bodies(self, path: str) -> list[Any]:
        """Return the JSON of what was sent to paths that end so."""
        return [orjson.loads(request.content) for request in self.requests if request.url.path.endswith(path)]

    @property
    def paths(self) -> list[str]:
        return [request.url.path.rpartition("/")[2] for request in self.requests]


def office(monkeypatch: pytest.MonkeyPatch, answers: Answering) -> Office:
    """Put an office in the place of the network."""
    found = Office(answers)
    real = httpx.Client
    monkeypatch.setattr("engine.oa.http.httpx.Client", lambda **given: real(**{**given, "transport": httpx.MockTransport(found.take)}))
    return found
