"""Cases over REST: start, show, list, page, filter, withdraw."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from web_support import Web, unknown

from engine.database import transaction


def rows(web: Web) -> int:
    with web.inside(), transaction() as session:
        return int(session.execute(text("SELECT count(*) FROM process_instance")).scalar_one())


def test_a_started_case_names_its_place_its_number_and_its_task(web: Web) -> None:
    answer = web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave"})

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/process-instances/{answer.json['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json["businessKey"].startswith("CASE-")
    assert [task["element"] for task in answer.json["tasks"]] == ["decide"]


def test_the_headline_is_evaluated_from_the_variables(web: Web) -> None:
    case = web.start(variables={"initiator_name": "李娜", "amount": 120.5})

    shown = web.get("li.na", f"/process-instances/{case['id']}").json

    assert (shown["title"], shown["amount"], shown["currency"]) == ("请假 李娜", "120.500000", "CNY")
    assert (shown["processDefinitionKey"], shown["initiator"], shown["status"]) == ("leave", "li.na", "running")


def test_a_business_key_that_is_taken_answers_409_and_leaves_nothing(web: Web) -> None:
    web.start(businessKey="QJ-1")
    before = rows(web)

    answer = web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave", "businessKey": "QJ-1"})

    assert (answer.status_code, answer.json["code"]) == (409, "duplicate")
    assert rows(web) == before


def test_a_key_that_is_taken_is_409_too_where_the_case_begins_with_an_operation(web: Web) -> None:
    web.start(businessKey="QJ-2")

    answer = web.post("li.na", "/process-instances", json={"processDefinitionKey": "invoice_approval", "businessKey": "QJ-2"})

    assert (answer.status_code, answer.json["code"]) == (409, "duplicate")


def test_of_eight_starts_with_one_number_at_once_one_wins(web: Web) -> None:
    body = {"processDefinitionKey": "leave", "businessKey": "QJ-8"}

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: web.post("li.na", "/process-instances", json=body).status_code, range(8)))

    assert sorted(found) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"processDefinitionKey": "unknown"}, 404), ({}, 422), ({"processDefinitionKey": ""}, 422), ({"processDefinitionKey": "leave", "more": 1}, 422),
        ({"processDefinitionKey": "leave", "businessKey": ""}, 422), ({"processDefinitionKey": "leave", "businessKey": "x" * 101}, 422),
        ({"processDefinitionKey": "leave", "variables": []}, 422), ({"processDefinitionKey": "leave", "variables": {"a": float("nan")}}, 422),
        ({"processDefinitionKey": "leave", "variables": {"a": float("inf")}}, 422), ({"processDefinitionKey": "a\0b"}, 422),
        ({"processDefinitionKey": "leave", "businessKey": "a\0b"}, 422), ({"processDefinitionKey": "leave", "variables": {"a\0b": 1}}, 422),
        ({"processDefinitionKey": "leave", "variables": {"a": [{"b": "\ud800"}]}}, 422), ({"processDefinitionKey": "\udfff"}, 422),
        ({"processDefinitionKey": "leave", "variables": {"\ud800": 1}}, 422),
    ],
)  # fmt: skip
def test_a_start_that_cannot_be_is_refused_with_its_reason(web: Web, body: dict[str, Any], status: int) -> None:
    before = rows(web)

    answer = web.post("li.na", "/process-instances", data=json.dumps(body), content_type="application/json")

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert rows(web) == before


@pytest.mark.parametrize("name", ["outcome", "decisions"])
def test_nobody_can_start_a_case_with_a_decision_already_in_it(web: Web, name: str) -> None:
    forged = {"decide": {"outcome": "approve", "by": "wang.fang"}}

    answer = web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave", "variables": {name: forged}})

    assert answer.status_code == 422
    assert answer.json["faults"][0]["path"] == name


def test_floats_become_decimals_and_keep_the_digits_that_were_sent(web: Web) -> None:
    sent = '{"processDefinitionKey": "leave", "variables": {"a": 0.1, "b": [1.50, 1e300], "c": {"$d": "5"}, "n": 9007199254740993}}'
    case = web.post("li.na", "/process-instances", data=sent, content_type="application/json").json["id"]

    kept = web.get("li.na", f"/process-instances/{case}/variables").json

    assert kept["a"] == {"$d": "0.1"}
    assert kept["b"][0] == {"$d": "1.5"}
    assert kept["c"] == {"$m": {"$d": "5"}}
    assert kept["n"] == {"$d": "9007199254740993"}


def test_five_megabytes_of_variables_answer_413(web: Web) -> None:
    body = {"processDefinitionKey": "leave", "variables": {"a": "x" * 5_000_000}}

    assert web.post("li.na", "/process-instances", json=body).status_code == 413


def test_half_a_megabyte_is_kept(web: Web) -> None:
    case = web.start(variables={"a": "长" * 160_000})

    assert len(web.get("li.na", f"/process-instances/{case['id']}/variables").json["a"]) == 160_000


def test_values_nested_deeper_than_forty_are_refused(web: Web) -> None:
    deep: Any = 1
    for _ in range(50):
        deep = [deep]

    assert web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave", "variables": {"a": deep}}).status_code == 422


@pytest.mark.parametrize("amount", ["1e-20000", "1e20000", "NaN", "text", [1], {"a": 1}, -1, "0.0000001", "99999999999999999.9999999"])
def test_an_amount_that_no_column_holds_stops_nothing(web: Web, amount: Any) -> None:
    assert web.start(variables={"amount": amount})["status"] == "running"


@pytest.mark.parametrize("boss", [5, None, [], {"a": 1}, "", "x" * 300_000, ["nobody"], True])
def test_an_assignee_that_is_no_key_is_an_incident_and_no_500(web: Web, boss: Any) -> None:
    case = web.start("named", variables={"boss": boss, "due": ""})

    assert case["id"] in str(web.get("ma.lin", "/incidents?state=open&limit=200").json)


@pytest.mark.parametrize("due", ["Pending", "P9999999999D", "P99999Y", "0001-01-01T00:00:00+10:00", "yesterday", 5, ["2026-01-01"], "P1X"])
def test_a_due_date_that_is_none_is_an_incident_and_no_500(web: Web, due: Any) -> None:
    case = web.start("named", variables={"boss": "sun.mei", "due": due})

    assert case["id"] in str(web.get("ma.lin", "/incidents?state=open&limit=200").json)


def test_the_list_pages_by_key_without_gaps_or_repeats_while_cases_are_added(web: Web) -> None:
    mine = [web.start("named", by="ma.lin", variables={"boss": "sun.mei", "due": ""})["id"] for _ in range(7)]
    query, seen = "/process-instances?initiator=ma.lin&processDefinitionKey=named&limit=2", []

    after = ""
    while True:
        page = web.get("ma.lin", f"{query}&after={after}" if after else query).json
        seen += [item["id"] for item in page["items"]]
        web.start("named", by="ma.lin", variables={"boss": "sun.mei", "due": ""})  # newer than every page that is still to come
        after = page["after"]
        if after is None:
            break

    assert seen == mine[::-1]


def test_filters_choose_what_they_say(web: Web) -> None:
    one = web.start(businessKey="FILTER-1")
    web.complete("wang.fang", one["tasks"][0]["id"], "reject")
    two = web.start(businessKey="FILTER-2")

    def found(query: str) -> set[str]:
        return {item["businessKey"] for item in web.get("ma.lin", f"/process-instances?limit=200&{query}").json["items"]}

    assert found("businessKey=FILTER-1") == {"FILTER-1"}
    assert "FILTER-2" in found("status=running") and "FILTER-1" not in found("status=running")
    assert "FILTER-1" in found("status=completed&person=wang.fang")
    assert found("since=2999-01-01T00:00:00Z") == set()
    assert found("initiator=wang.fang") == set()
    assert found("processDefinitionKey=unknown") == set()
    assert two["status"] == "running"


@pytest.mark.parametrize("query", ["since=0001-01-01T00:00:00%2B23:59", "since=yesterday", "since=2026-01-01", "limit=0", "limit=1000", "after=x",
                                   "initiator=%00", "until=9999-12-31T23:59:59-23:59", "status=a%00b"])  # fmt: skip
def test_a_filter_that_cannot_be_answers_422(web: Web, query: str) -> None:
    assert web.get("ma.lin", f"/process-instances?{query}").status_code == 422


def test_everybody_else_sees_only_the_cases_she_began(web: Web) -> None:
    case = web.start()["id"]

    assert case in str(web.get("li.na", "/process-instances?limit=200").json)
    assert web.get("wang.fang", "/process-instances?initiator=li.na").json["items"] == []
    assert web.get("wang.fang", f"/process-instances/{case}").status_code == 200  # she is asked


def test_a_withdrawn_case_closes_its_tasks_and_answers_with_its_state(web: Web) -> None:
    case = web.start()
    task = case["tasks"][0]["id"]

    answer = web.post("li.na", f"/process-instances/{case['id']}/withdraw", json={"reason": "传错了"})

    assert (answer.status_code, answer.json["status"], answer.json["tasks"]) == (200, "withdrawn", [])
    late = web.complete("wang.fang", task)
    assert (late.status_code, late.json["code"]) == (409, "task-closed")
    assert task not in str(web.get("wang.fang", "/user-tasks?limit=200").json)
    again = web.post("li.na", f"/process-instances/{case['id']}/withdraw", json={})
    assert (again.status_code, again.json["code"]) == (409, "instance-ended")


def test_only_its_initiator_withdraws_a_case(web: Web) -> None:
    case = web.start()["id"]

    assert web.post("wang.fang", f"/process-instances/{case}/withdraw", json={}).status_code == 403
    assert web.post("ma.lin", f"/process-instances/{case}/withdraw", json={}).status_code == 403
    assert web.post("qian.yi", f"/process-instances/{case}/withdraw", json={}).status_code == 404
    assert web.get("li.na", f"/process-instances/{case}").json["status"] == "running"


def test_a_stale_withdrawal_answers_412(web: Web) -> None:
    case = web.start()
    web.complete("wang.fang", case["tasks"][0]["id"], "return")

    stale = web.post("li.na", f"/process-instances/{case['id']}/withdraw", json={}, headers={"If-Match": '"1"'})

    assert stale.status_code == 412
    assert web.get("li.na", f"/process-instances/{case['id']}").headers["ETag"] == '"2"'


def test_withdrawal_and_decision_at_once_leave_one_of_the_two(web: Web) -> None:
    for _ in range(4):
        case = web.start()
        task = case["tasks"][0]["id"]
        with ThreadPoolExecutor(2) as pool:
            decided = pool.submit(web.complete, "wang.fang", task)
            withdrawn = pool.submit(web.post, "li.na", f"/process-instances/{case['id']}/withdraw", json={})
        statuses = {"completed": decided.result().status_code, "withdrawn": withdrawn.result().status_code}
        assert sorted(statuses.values()) == [200, 409]
        ended = web.get("li.na", f"/process-instances/{case['id']}").json["status"]
        assert statuses[ended] == 200


def test_a_withdrawn_case_leaves_no_open_incident_behind(web: Web) -> None:
    case, incident = web.incident()

    assert web.post("li.na", f"/process-instances/{case}/withdraw", json={}).status_code == 200

    open_ones = web.get("ma.lin", "/incidents?state=open&limit=200").json["items"]
    assert incident not in [item["id"] for item in open_ones]


def test_a_case_nobody_has_answers_404(web: Web) -> None:
    for route in ("", "/variables", "/history", "/verification"):
        assert web.get("ma.lin", f"/process-instances/{unknown()}{route}").status_code == 404
    assert web.get("ma.lin", "/process-instances/no-uuid").status_code == 404
