"""The webhook connector against the simulator, each in its own process, over real HTTP, with every fault the simulator knows."""

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from offices_support import MemoryDesk, connection

from engine.errors import NotPermitted, OARejected, OAUnavailable
from engine.oa.codec import encode
from engine.oa.contract import Connection, InstanceSnapshot, Item, OARequest, TaskView
from engine.oa.webhook import Webhook, wire
from engine.oa.webhook.signature import headers

NOW = datetime(2026, 11, 22, 1, 41, 7, tzinfo=UTC)


@pytest.fixture
def connector(simulator: Any) -> Iterator[Webhook]:
    found = Webhook(simulator.connection(), MemoryDesk())
    yield found
    found.close()


@pytest.fixture
def snapshot() -> InstanceSnapshot:
    """An instance nobody has heard of, waiting for one decision."""
    instance = uuid.uuid4().hex
    task = TaskView(
        task_key=f"t-{instance}",
        node_key="approve_manager",
        node_name="部门经理审批",
        assignee=f"wang.fang-{instance[:8]}",
        status="pending",
        created_at=NOW,
        nonce="n-1",
        due_at=NOW + timedelta(days=2),
    )
    return InstanceSnapshot(
        instance_key=instance,
        version=1,
        definition_key="invoice_approval",
        title="发票审批：华信 1234.50 元",
        applicant="li.na",
        status="running",
        started_at=NOW,
        amount=Decimal("1234.50"),
        currency="CNY",
        summary=(Item("供应商", "华信"),),
        tasks=(task,),
    )


def todo_keys(simulator: Any, snapshot: InstanceSnapshot) -> list[str]:
    return [task["taskKey"] for task in simulator.get("/api/todos", person=snapshot.tasks[0].assignee)]


def newer(snapshot: InstanceSnapshot, **changes: Any) -> InstanceSnapshot:
    return replace(snapshot, **{"version": snapshot.version + 1} | changes)


def press(simulator: Any, snapshot: InstanceSnapshot, outcome: str = "approve", comment: str = "同意") -> Any:
    task = snapshot.tasks[0]
    return simulator.press(person=task.assignee, taskKey=task.task_key, outcome=outcome, comment=comment)


# push


def test_a_pushed_task_is_in_the_to_do_list(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    receipt = connector.push(snapshot, None)

    assert receipt.remote_id == snapshot.instance_key
    [todo] = simulator.get("/api/todos", person=snapshot.tasks[0].assignee)
    assert (todo["taskKey"], todo["instance"]["amount"], todo["dueAt"]) == (snapshot.tasks[0].task_key, "1234.50", "2026-11-24T01:41:07Z")


def test_pushing_again_changes_nothing_and_gives_the_same_receipt(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    first = connector.push(snapshot, None)
    again = connector.push(snapshot, None)

    assert (again.remote_id, again.data) == (first.remote_id, first.data)
    assert len(todo_keys(simulator, snapshot)) == 1


def test_a_decided_task_leaves_the_to_do_list(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)

    connector.push(newer(snapshot, status="approved", tasks=(replace(snapshot.tasks[0], status="approved", outcome="approve"),)), snapshot)

    assert todo_keys(simulator, snapshot) == []


def test_a_task_that_is_not_spoken_of_any_more_is_closed(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)

    connector.push(newer(snapshot, tasks=()), None)

    assert todo_keys(simulator, snapshot) == []


def test_an_older_snapshot_that_arrives_late_is_acknowledged_and_ignored(
    connector: Webhook, simulator: Any, snapshot: InstanceSnapshot
) -> None:
    connector.push(newer(snapshot, tasks=()), None)

    receipt = connector.push(snapshot, None)

    assert receipt.data["ignored"] is True
    assert todo_keys(simulator, snapshot) == []


def test_a_retry_whose_header_has_changed_since_is_acknowledged(connector: Webhook, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)

    assert connector.push(replace(snapshot, title="another title"), None).data["ignored"] is True


# call


def test_a_request_is_done_once_however_often_it_is_asked(connector: Webhook, simulator: Any) -> None:
    request = OARequest("oa.notify", f"req:{uuid.uuid4()}", {"to": "li.na", "amount": Decimal("10.50")})

    receipts = {connector.call(request).remote_id for _ in range(3)}

    [listed] = [each for each in simulator.get("/api/requests") if each["key"] == request.key]
    assert receipts == {f"OA-{listed['id']}"}
    assert listed["payload"] == {"to": "li.na", "amount": "10.50"}


def test_a_key_that_no_header_can_carry_is_still_the_same_on_every_retry(connector: Webhook) -> None:
    request = OARequest("oa.notify", f"通知.{uuid.uuid4()}", {})

    assert connector.call(request).remote_id == connector.call(request).remote_id


def test_another_request_under_the_same_key_is_rejected(connector: Webhook) -> None:
    request = OARequest("oa.notify", f"req-{uuid.uuid4()}", {"n": 1})
    connector.call(request)

    with pytest.raises(OARejected) as caught:
        connector.call(replace(request, payload={"n": 2}))

    assert caught.value.facts["status"] == 422


# faults of the other side


def test_a_failing_oa_is_unavailable_and_nothing_was_done(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    simulator.faults(fail=1)

    with pytest.raises(OAUnavailable):
        connector.push(snapshot, None)

    assert simulator.get("/api/faults")["fail"]["value"] == 0
    connector.push(snapshot, None)
    assert len(todo_keys(simulator, snapshot)) == 1


def test_a_busy_oa_says_when_to_come_back(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    simulator.faults(busy=1)

    with pytest.raises(OAUnavailable) as caught:
        connector.push(snapshot, None)

    assert caught.value.facts["retry_after"] == 7


def test_a_refusing_oa_has_rejected(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    simulator.faults(refuse=1)

    with pytest.raises(OARejected) as caught:
        connector.push(snapshot, None)

    assert caught.value.facts["status"] == 403


def test_an_oa_that_has_already_closed_it_gives_a_receipt_that_says_so(
    connector: Webhook, simulator: Any, snapshot: InstanceSnapshot
) -> None:
    simulator.faults(closed=1)

    assert connector.push(snapshot, None).data["closed"] is True


def test_a_lost_answer_is_asked_for_again_and_was_done_once(connector: Webhook, simulator: Any) -> None:
    request = OARequest("oa.notify", f"req-{uuid.uuid4()}", {})
    simulator.faults(lose=1)

    with pytest.raises(OAUnavailable) as caught:
        connector.call(request)

    assert caught.value.facts["reason"] == "answer-lost"
    connector.call(request)
    assert len([each for each in simulator.get("/api/requests") if each["key"] == request.key]) == 1


def test_a_slow_oa_is_waited_for(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    simulator.faults(slow=1.2)
    started = time.monotonic()

    connector.push(snapshot, None)

    assert time.monotonic() - started > 1


def test_an_oa_that_does_not_answer_in_time_is_unavailable_and_asked_again(
    simulator: Any, snapshot: InstanceSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "CONNECT", 0.5)
    monkeypatch.setattr(wire, "TOTAL", 1.5)
    simulator.faults(slow=3)
    connector = Webhook(simulator.connection(), MemoryDesk())

    with pytest.raises(OAUnavailable):
        connector.push(snapshot, None)

    simulator.faults(slow=0)
    assert connector.push(snapshot, None).data["ignored"] is False
    connector.close()


def test_an_oa_that_is_not_there_is_unavailable(simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector = Webhook(connection("http://127.0.0.1:9"), MemoryDesk())

    with pytest.raises(OAUnavailable) as caught:
        connector.push(snapshot, None)

    assert caught.value.facts["reason"] == "no-connection"
    assert connector.health().ok is False
    connector.close()


def test_health_asks_the_oa(connector: Webhook) -> None:
    assert connector.health().ok is True


# signatures, both ways


def test_an_oa_with_another_secret_rejects_what_we_send(simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector = Webhook(simulator.connection(secret="another"), MemoryDesk())

    with pytest.raises(OARejected) as caught:
        connector.push(snapshot, None)

    assert caught.value.facts["status"] == 401
    assert "another" not in str(caught.value) + repr(caught.value.facts)
    connector.close()


def test_the_oa_refuses_what_was_signed_too_long_ago(simulator: Any, snapshot: InstanceSnapshot) -> None:
    body = encode(snapshot)
    for moved in (timedelta(minutes=-6), timedelta(minutes=6)):
        sent = headers(simulator.connection().credentials["secret"], "evt-1", body, datetime.now(UTC) + moved) | {
            "Idempotency-Key": "evt-1"
        }

        assert simulator.http.post("/snapshots", content=body, headers=sent).status_code == 401


def test_a_press_arrives_signed_with_who_what_and_the_nonce(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)

    answer = press(simulator, snapshot, "reject", "金额不符")

    [event] = simulator.product.events
    task = snapshot.tasks[0]
    assert (event.connector, event.kind, event.task_key, event.nonce) == ("oa-1", "task.action", task.task_key, "n-1")
    assert (event.actor, event.outcome, event.comment) == (task.assignee, "reject", "金额不符")
    assert event.occurred_at is not None
    assert (answer["status"], answer["answer"]) == (200, "已收到，谢谢")


def test_a_press_that_is_sent_twice_has_one_dedupe_key(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)
    simulator.faults(duplicate=1)

    press(simulator, snapshot)

    assert simulator.product.calls == 2
    assert len(simulator.product.events) == 1


def test_a_press_that_is_sent_again_later_has_the_same_dedupe_key(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)
    number = press(simulator, snapshot)["press"]

    simulator.http.post(f"/api/presses/{number}/send").raise_for_status()

    assert simulator.product.calls == 2
    assert len(simulator.product.events) == 1


def test_presses_may_arrive_in_the_wrong_order(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)
    simulator.faults(outOfOrder=1)

    press(simulator, snapshot, comment="first")
    press(simulator, snapshot, comment="second")

    assert [event.comment for event in simulator.product.events] == ["second", "first"]


def test_two_presses_of_one_button_are_two_events(connector: Webhook, simulator: Any, snapshot: InstanceSnapshot) -> None:
    connector.push(snapshot, None)

    press(simulator, snapshot)
    press(simulator, snapshot)

    assert len({event.dedupe_key for event in simulator.product.events}) == 2


def test_threads_share_a_connector(connector: Webhook, simulator: Any) -> None:
    keys = [f"req-{uuid.uuid4()}" for _ in range(24)]
    threads = [threading.Thread(target=connector.call, args=(OARequest("oa.notify", key, {}),)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {each["key"] for each in simulator.get("/api/requests")} >= set(keys)


def test_the_same_request_from_many_threads_is_done_once(connector: Webhook, simulator: Any) -> None:
    request = OARequest("oa.notify", f"req-{uuid.uuid4()}", {})
    threads = [threading.Thread(target=connector.call, args=(request,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([each for each in simulator.get("/api/requests") if each["key"] == request.key]) == 1


def test_a_press_signed_by_nobody_we_know_is_refused(simulator: Any) -> None:
    body = b'{"eventId": "evt-1", "kind": "task.action"}'

    answer = simulator.http.post(simulator.product.url, content=body, headers=headers("guessed", "evt-1", body, datetime.now(UTC)))

    assert answer.status_code == 403
    assert isinstance(simulator.product.refused[0], NotPermitted)


def test_the_simulator_listens_on_this_machine_only_and_to_its_own_name(simulator: Any) -> None:
    assert simulator.http.get("/health", headers={"Host": "evil.example"}).status_code == 400


def test_a_connection_shows_no_secret(simulator: Any) -> None:
    found: Connection = simulator.connection(former_secret="old-secret")

    assert "whsec" not in repr(found)
    assert "old-secret" not in repr(found)
