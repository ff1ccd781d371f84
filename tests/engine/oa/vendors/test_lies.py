"""Answers of DingTalk that say that it went well, and not what was made."""

from typing import Any

import pytest
from rehearsal_support import Rehearsal

from engine.oa.dingtalk.centre import TASKS
from engine.oa.dingtalk.client import Client


@pytest.mark.parametrize("stage", ["dingtalk"], indirect=True)  # only the process centre gives ids of its own
@pytest.mark.parametrize("result", [True, [], "ok", {}])
def test_a_task_whose_making_was_only_acknowledged_is_not_made_again(
    stage: Rehearsal, monkeypatch: pytest.MonkeyPatch, result: Any
) -> None:
    true_call = Client.call

    def call(self: Client, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = true_call(self, method, path, **more)
        return answer | {"result": result} if (method, path) == ("POST", TASKS) else answer

    monkeypatch.setattr(Client, "call", call)
    case = stage.begin()
    stage.settle()
    assert stage.differences(case) == []
    stage.decide(case, "check", "wang.fang")
    stage.settle()
    assert stage.differences(case) == []
    assert stage.doubles(case) == []
