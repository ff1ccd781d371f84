"""Messages find the one case that is meant, wait for it, or begin it: over HTTP, on a real database, with real races."""

import json
from typing import Any
from uuid import uuid4

import pytest
from drawings import END, START, catch, extension, human, node, path, start, throw, whole
from events_support import advance, deploy, do, keyed, proved, queued, rows, send, status, tasks, together, types, variables, work
from web_support import Web, web

from engine import instances, messages
from engine.correlation import spell
from engine.database import transaction
from engine.permissions import load_actor

__all__ = ["web"]

BY_KEY = whole(START, catch("paid", "message", "Paid"), human("a"), END, path("start", "paid", "a", "end"), key="by_key")
BY_ORDER = whole(START, keyed("intermediateCatchEvent", "paid", "Ordered", order="order", day="day"), human("a"), END,
                 path("start", "paid", "a", "end"), key="by_order")  # fmt: skip
TWICE = whole(
    START, catch("one", "message", "Twice"), catch("two", "message", "Twice"), END, path("start", "one", "two", "end"), key="twice"
)
BEGUN = whole(start("asked", "message", "Asked"), human("a"), END, path("asked", "a", "end"), key="begun")
LOOSE = whole(START, catch("bell", "message", "Bell"), END, path("start", "bell", "end"), key="loose")


@pytest.fixture(scope="module", autouse=True)
def deployed(web: Web) -> None:
    deploy(web, BY_KEY, BY_ORDER, TWICE, BEGUN, LOOSE)
    work(web)


def begin(web: Web, key: str, **body: Any) -> str:
    case = str(web.start(key, **body)["id"])
    work(web)
    return case


def number_of(web: Web, case: str) -> str:
    return str(web.get("ma.lin", f"/process-instances/{case}").json["businessKey"])


def test_a_message_reaches_the_case_of_its_business_key_and_no_other(web: Web) -> None:
    case, other = begin(web, "by_key"), begin(web, "by_key")

    answer = send(web, "Paid", businessKey=number_of(web, case), variables={"amount": "12.50", "bank": "工商银行"})

    assert (answer.status_code, answer.json["state"], answer.json["processInstanceIds"]) == (200, "correlated", [case])
    assert (tasks(web, case), tasks(web, other)) == (["a"], [])
    assert variables(web, case) == {"amount": "12.50", "bank": "工商银行"}
    assert types(web, case)[-4:] == ["message:received", "variables:changed", "path:taken", "task:created"]
    assert rows(web, "SELECT payload FROM message WHERE id = :id", id=answer.json["id"]) == [(None,)]
    assert proved(web, case)


def test_the_payload_is_personal_and_the_sender_stands_in_the_record(web: Web) -> None:
    case = begin(web, "by_key")

    send(web, "Paid", businessKey=number_of(web, case), variables={"account": "6222-0000"})

    event = rows(web, "SELECT body, personal, actor FROM history_event WHERE instance_id = :case AND type = 'message:received'", case=case)[
        0
    ]
    assert b"6222" not in bytes(event.body) and b"6222" in bytes(event.personal)
    assert event.actor == "ma.lin"


def test_correlation_keys_must_all_match_and_may_be_written_differently(web: Web) -> None:
    case = begin(web, "by_order", variables={"order": 7, "day": "2026-11-22"})
    begin(web, "by_order", variables={"order": 8, "day": "2026-11-22"})

    assert send(web, "Ordered", correlationKeys={"order": 7}).json["state"] == "waiting"
    assert send(web, "Ordered", correlationKeys={"order": 7, "day": "2026-11-23"}).json["state"] == "waiting"
    assert send(web, "Ordered", businessKey=number_of(web, case)).json["state"] == "waiting"
    answer = send(web, "Ordered", correlationKeys={"order": 7.00, "day": "2026-11-22", "shop": "上海"})

    assert answer.json["processInstanceIds"] == [case]
    assert tasks(web, case) == ["a"]


def test_where_a_drawing_names_no_keys_those_of_the_message_are_compared_with_the_variables(web: Web) -> None:
    case = begin(web, "by_key", variables={"order": 7, "shop": "上海"})
    other = begin(web, "by_key", variables={"order": 8, "shop": "上海"})

    assert send(web, "Paid", correlationKeys={"order": 9}, timeToLive="PT0S").status_code == 409
    assert send(web, "Paid", correlationKeys={"shop": "上海"}).json["code"] == "several-match"
    assert send(web, "Paid", correlationKeys={"order": 8}, businessKey=number_of(web, case), timeToLive="PT0S").status_code == 409
    assert send(web, "Paid", correlationKeys={"order": 7, "shop": "上海"}).json["processInstanceIds"] == [case]
    assert send(web, "Paid", correlationKeys={"order": 8}, businessKey=number_of(web, other)).json["processInstanceIds"] == [other]


def test_a_kept_message_with_keys_finds_the_case_whose_variables_match(web: Web) -> None:
    send(web, "Paid", correlationKeys={"order": "early-1"}, variables={"n": 1})
    work(web)

    begin(web, "by_key", variables={"order": "early-2"})
    case = begin(web, "by_key", variables={"order": "early-1"})

    assert (tasks(web, case), variables(web, case)) == (["a"], {"order": "early-1", "n": 1})


@pytest.mark.parametrize(("one", "other"), [(7, 7.0), ("7", "7"), (True, True), (None, None)])
def test_one_value_has_one_spelling(one: Any, other: Any) -> None:
    assert spell(one) == spell(other)


def test_a_number_a_text_and_a_truth_are_not_the_same() -> None:
    assert len({spell(value) for value in (1, "1", True, "True", None, "None", [1], ["1"])}) == 8


def test_a_message_without_any_key_is_for_the_only_case_that_waits(web: Web) -> None:
    case = begin(web, "loose")

    assert send(web, "Bell").json["processInstanceIds"] == [case]
    assert status(web, case) == "completed"


def test_when_several_wait_the_message_is_refused_with_their_number_and_nothing_happens(web: Web) -> None:
    cases = [begin(web, "loose") for _ in range(3)]

    answer = send(web, "Bell")

    assert (answer.status_code, answer.json["code"], answer.json["facts"]["found"]) == (409, "several-match", 3)
    assert {status(web, case) for case in cases} == {"running"}
    assert rows(web, "SELECT count(*) FROM message WHERE name = 'Bell' AND state = 'waiting'") == [(0,)]

    held = cases.pop()
    web.post("ma.lin", f"/process-instances/{held}/suspend", json={"reason": "核查"})
    answer = send(web, "Bell", all=True)
    assert sorted(answer.json["processInstanceIds"]) == sorted(cases)
    assert {status(web, case) for case in cases} == {"completed"}
    web.post("ma.lin", f"/process-instances/{held}/resume", json={"reason": "完毕"})
    work(web)
    assert status(web, held) == "completed"


def test_a_message_that_comes_too_early_is_kept_and_found(web: Web) -> None:
    key = f"ORDER-{uuid4()}"
    answer = send(web, "Paid", businessKey=key, variables={"early": True})
    assert (answer.json["state"], answer.json["processInstanceIds"]) == ("waiting", [])
    work(web)

    case = begin(web, "by_key", businessKey=key)

    assert tasks(web, case) == ["a"]
    assert variables(web, case) == {"early": True}
    assert rows(web, "SELECT state, instance_id::text FROM message WHERE id = :id", id=answer.json["id"]) == [("correlated", case)]
    assert proved(web, case)


def test_kept_messages_are_found_in_the_order_they_came(web: Web) -> None:
    key = f"ORDER-{uuid4()}"
    for text in ("first", "second", "third"):
        send(web, "Twice", businessKey=key, variables={text: True})

    case = begin(web, "twice", businessKey=key)

    assert status(web, case) == "completed"
    assert variables(web, case) == {"first": True, "second": True}
    assert rows(web, "SELECT state FROM message WHERE business_key = :key ORDER BY id", key=key) == [
        ("correlated",),
        ("correlated",),
        ("waiting",),
    ]


def test_a_message_that_nobody_wants_for_too_long_expires_and_forgets_what_it_held(web: Web) -> None:
    key = f"ORDER-{uuid4()}"
    answer = send(web, "Paid", businessKey=key, variables={"secret": "x"}, timeToLive="PT1H")
    work(web)
    advance(web, 3601)

    case = begin(web, "by_key", businessKey=key)

    assert tasks(web, case) == []
    sweep(web)
    assert rows(web, "SELECT state, payload FROM message WHERE id = :id", id=answer.json["id"]) == [("expired", None)]


def sweep(web: Web) -> None:
    with web.inside(), transaction() as session:
        messages.expire(session)


def test_a_message_without_time_to_live_is_refused_when_nobody_waits(web: Web) -> None:
    answer = send(web, "Paid", businessKey="nobody", timeToLive="PT0S")

    assert (answer.status_code, answer.json["code"]) == (409, "refused")
    assert rows(web, "SELECT 1 FROM message WHERE business_key = 'nobody'") == []


def test_the_same_message_of_one_sender_is_taken_once(web: Web) -> None:
    case = begin(web, "twice")
    body = {"businessKey": number_of(web, case), "messageId": "bank-77"}

    first, again = send(web, "Twice", **body), send(web, "Twice", **body)

    assert first.json["processInstanceIds"] == again.json["processInstanceIds"] == [case]
    assert (first.json["id"], types(web, case).count("message:received")) == (again.json["id"], 1)
    assert send(web, "Twice", businessKey=number_of(web, case), messageId="bank-78").json["state"] == "correlated"


def test_a_repeated_request_gets_its_first_answer(web: Web) -> None:
    case = begin(web, "twice")
    body = {"name": "Twice", "businessKey": number_of(web, case)}

    answers = [web.post("ma.lin", "/messages", json=body, headers={"Idempotency-Key": f"k-{case}"}) for _ in range(2)]

    assert answers[0].json == answers[1].json and answers[1].headers["Idempotency-Replayed"] == "true"
    assert types(web, case).count("message:received") == 1


def test_a_message_begins_a_case_when_nobody_waits_for_it(web: Web) -> None:
    answer = send(web, "Asked", variables={"who": "上海分公司"}, businessKey="ASK-1")

    assert (answer.json["state"], answer.json["started"]) == ("correlated", True)
    case = answer.json["processInstanceIds"][0]
    assert (number_of(web, case), tasks(web, case), variables(web, case)) == ("ASK-1", ["a"], {"who": "上海分公司"})
    assert types(web, case)[0] == "instance:started"
    assert web.get("ma.lin", f"/process-instances/{case}").json["initiator"] == "ma.lin"
    assert proved(web, case)

    # a case has this number already: the message is meant for it, and waits
    assert send(web, "Asked", businessKey="ASK-1").json["state"] == "waiting"


def test_a_process_that_only_a_message_begins_cannot_be_started_by_hand(web: Web) -> None:
    assert web.post("li.na", "/process-instances", json={"processDefinitionKey": "begun"}).status_code == 409


def test_a_message_that_waited_begins_a_case_when_a_drawing_for_it_is_deployed(web: Web) -> None:
    answer = send(web, "Later", variables={"n": 1})
    work(web)

    deploy(web, whole(start("s", "message", "Later"), human("a"), END, path("s", "a", "end"), key="later"))
    work(web)

    assert rows(web, "SELECT state FROM message WHERE id = :id", id=answer.json["id"]) == [("correlated",)]
    assert rows(
        web, "SELECT count(*) FROM process_instance i JOIN process_definition d ON d.id = i.definition_id WHERE d.key = 'later'"
    ) == [(1,)]


def test_only_the_newest_version_begins_by_its_message(web: Web) -> None:
    deploy(web, whole(start("s", "message", "Old"), human("a"), END, path("s", "a", "end"), key="moving"))
    deploy(web, whole(start("s", "message", "New"), human("a"), END, path("s", "a", "end"), key="moving"))
    work(web)

    assert send(web, "Old").json["state"] == "waiting"
    assert send(web, "New").json["started"] is True


def test_a_case_that_throws_a_message_reaches_another(web: Web) -> None:
    throwing = node(
        "intermediateThrowEvent", "tell",
        '<messageEventDefinition messageRef="message_Told"><extensionElements><shenpi:correlation name="order" value="order"/>'
        '<camunda:in source="price" target="price"/></extensionElements></messageEventDefinition>',
    )  # fmt: skip
    deploy(web, whole(START, throwing, END, path("start", "tell", "end"), key="teller"),
           whole(START, keyed("receiveTask", "hear", "Told", order="order"), human("a"), END, path("start", "hear", "a", "end"), key="hearer"))  # fmt: skip
    hearer = begin(web, "hearer", variables={"order": 5})
    begin(web, "hearer", variables={"order": 6})

    teller = begin(web, "teller", variables={"order": 5, "price": 120})

    assert status(web, teller) == "completed"
    assert (tasks(web, hearer), variables(web, hearer)) == (["a"], {"order": 5, "price": 120})
    assert "message:thrown" in types(web, teller)
    assert proved(web, teller) and proved(web, hearer)


def test_a_thrown_message_that_several_wait_for_stays_and_says_why(web: Web) -> None:
    deploy(web, whole(START, throw("ring", "message", "Rung"), END, path("start", "ring", "end"), key="ringer"),
           whole(START, catch("hear", "message", "Rung"), END, path("start", "hear", "end"), key="rung"))  # fmt: skip
    cases = [begin(web, "rung") for _ in range(2)]

    begin(web, "ringer")

    note = rows(web, "SELECT state, note FROM message WHERE name = 'Rung'")[0]
    assert note.state == "waiting" and note.note.startswith("several-match")
    assert {status(web, case) for case in cases} == {"running"}


def test_nobody_waits_any_more_when_a_case_is_over_or_its_wait_is_interrupted(web: Web) -> None:
    case = begin(web, "by_key")
    key = number_of(web, case)

    assert web.post("li.na", f"/process-instances/{case}/withdraw", json={}).status_code == 200

    assert rows(web, "SELECT 1 FROM event_subscription WHERE instance_id = :case", case=case) == []
    assert send(web, "Paid", businessKey=key).json["state"] == "waiting"


def test_the_inbox_shows_operators_what_waits_and_not_what_it_says(web: Web) -> None:
    ids = [send(web, "Nobody", businessKey=f"N-{n}", variables={"salary": 1}, correlationKeys={"a": 1}).json["id"] for n in range(3)]

    page = web.get("ma.lin", "/messages?name=Nobody&state=waiting&limit=2").json
    rest = web.get("ma.lin", f"/messages?name=Nobody&state=waiting&limit=2&after={page['after']}").json

    assert [item["id"] for item in [*page["items"], *rest["items"]]] == list(reversed(ids))
    assert rest["after"] is None
    assert "salary" not in web.get("ma.lin", "/messages?name=Nobody").text
    assert page["items"][0]["correlationKeys"] == ["a"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"name": ""}, 422), ({"name": "x" * 201}, 422), ({"name": "a", "more": 1}, 422), ({"name": "a", "variables": {"outcome": "approve"}}, 422),
        ({"name": "a", "variables": {"decisions": {}}}, 422), ({"name": "a", "timeToLive": "soon"}, 422), ({"name": "a", "timeToLive": "P2Y"}, 422),
        ({"name": "a", "timeToLive": "-P1D"}, 422), ({"name": "a", "correlationKeys": {f"k{n}": n for n in range(7)}}, 422), ({"name": "a\0"}, 422),
        ({"name": "a", "businessKey": ""}, 422), ({"name": "a", "variables": []}, 422), ({"name": "a", "correlationKeys": {"k": "\ud800"}}, 422),
        ({"name": "a", "timeToLive": "P99999999999Y"}, 422),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_is_refused(web: Web, body: dict[str, Any], status: int) -> None:
    assert web.post("ma.lin", "/messages", data=json.dumps(body), content_type="application/json").status_code == status


# --- races


@pytest.mark.parametrize("round", range(6))
def test_of_two_messages_for_one_wait_one_is_taken_and_the_other_kept(web: Web, round: int) -> None:
    case = begin(web, "by_key")
    key = number_of(web, case)

    answers = together(web, *[lambda n=n: send(web, "Paid", businessKey=key, variables={"n": n}) for n in range(4)])

    assert sorted(answer.json["state"] for answer in answers) == ["correlated", "waiting", "waiting", "waiting"]
    work(web)
    assert types(web, case).count("message:received") == 1
    assert rows(web, "SELECT state, count(*) FROM message WHERE business_key = :key GROUP BY 1 ORDER BY 1", key=key) == [
        ("correlated", 1),
        ("waiting", 3),
    ]
    assert proved(web, case)


@pytest.mark.parametrize("round", range(12))
def test_a_message_and_a_wait_that_come_at_the_same_time_find_each_other(web: Web, round: int) -> None:
    key = f"RACE-{uuid4()}"

    together(
        web,
        lambda: send(web, "Paid", businessKey=key, variables={"n": 1}),
        lambda: web.start("by_key", businessKey=key),
    )
    jobs = queued(web)
    together(web, *[lambda job=job: do(web, job) for job in jobs])
    work(web)

    case = rows(web, "SELECT id::text FROM process_instance WHERE business_key = :key", key=key)[0][0]
    assert tasks(web, case) == ["a"]
    assert types(web, case).count("message:received") == 1


def test_neither_sees_the_other_before_its_commit_and_still_none_is_lost(web: Web) -> None:
    """The worst order, made by hand: both look, then both commit, then both jobs look at the same time."""
    key = f"RACE-{uuid4()}"
    with web.app.app_context(), transaction() as session:
        ma_lin = load_actor(session, "ma.lin")
        assert ma_lin is not None
        assert messages.correlate(session, "Paid", by=ma_lin, business_key=key).state == "waiting"

        def other() -> None:
            with transaction() as beside:
                instances.start(beside, "by_key", by=ma_lin, business_key=key)

        together(web, other)  # commits while the message is not committed
    jobs = queued(web)
    assert sorted(name for name, _ in jobs) == ["look", "message"]

    do(web, next(job for job in jobs if job[0] == "message"))

    case = rows(web, "SELECT id::text FROM process_instance WHERE business_key = :key", key=key)[0][0]
    assert tasks(web, case) == ["a"]
    do(web, next(job for job in jobs if job[0] == "look"))
    assert types(web, case).count("message:received") == 1


@pytest.mark.parametrize("round", range(3))
def test_the_same_message_sent_by_many_at_once_is_taken_once(web: Web, round: int) -> None:
    case = begin(web, "twice")
    body = {"businessKey": number_of(web, case), "messageId": f"once-{case}"}

    answers = together(web, *[lambda: send(web, "Twice", **body) for _ in range(4)])

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert types(web, case).count("message:received") == 1


def test_two_messages_that_begin_a_case_of_one_number_begin_one(web: Web) -> None:
    key = f"BEGIN-{uuid4()}"

    answers = together(web, *[lambda: send(web, "Asked", businessKey=key) for _ in range(3)])

    found = [answer.json.get("state") for answer in answers if answer.status_code == 200]
    assert found.count("correlated") == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert rows(web, "SELECT count(*) FROM process_instance WHERE business_key = :key", key=key) == [(1,)]


def test_a_message_and_a_decision_at_once_leave_the_case_whole(web: Web) -> None:
    both = whole(START, node("parallelGateway", "f"), human("a"), catch("paid", "message", "Both"), node("parallelGateway", "j"), human("b"), END,
                 path("start", "f", "a", "j", "b", "end"), path("f", "paid", "j"), key="both")  # fmt: skip
    deploy(web, both)
    for _ in range(4):
        started = web.start("both")
        case = str(started["id"])

        together(
            web,
            lambda task=started["tasks"][0]["id"]: web.complete("wang.fang", task),
            lambda key=started["businessKey"]: send(web, "Both", businessKey=key),
        )

        assert tasks(web, case) == ["b"]
        assert proved(web, case)


def test_a_name_and_a_key_of_any_length_can_be_waited_for(web: Web) -> None:
    long = whole(
        START, keyed("intermediateCatchEvent", "paid", "Long", text="text"), human("a"), END, path("start", "paid", "a", "end"), key="long"
    )
    deploy(web, long)
    case = begin(web, "long", variables={"text": "长" * 5000})

    assert send(web, "Long", correlationKeys={"text": "长" * 5000}).json["processInstanceIds"] == [case]


def test_each_instance_of_a_multi_instance_gets_its_own_message_and_the_record_tells_which(web: Web) -> None:
    many = '<multiInstanceLoopCharacteristics camunda:collection="orders" camunda:elementVariable="order"/>'
    receive = node("receiveTask", "hear", extension('<shenpi:correlation name="order" value="order"/>') + many, messageRef="message_Many")
    deploy(web, whole(START, receive, human("a"), END, path("start", "hear", "a", "end"), key="many"))
    case = begin(web, "many", variables={"orders": [1, 2, 3]})

    for order in (2, 3, 1):
        assert send(web, "Many", correlationKeys={"order": order}).json["processInstanceIds"] == [case]

    assert tasks(web, case) == ["a"]
    assert proved(web, case)
