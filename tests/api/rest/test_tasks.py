"""User tasks over REST: claim, unclaim, complete, transfer, and everything that is refused."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from web_support import Web, unknown


def test_the_assignee_decides_and_the_case_goes_on(web: Web) -> None:
    task = web.task()

    answer = web.complete("wang.fang", task, "approve", comment="同意")

    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["outcome"], answer.json["tasks"]) == ("completed", None, [])
    assert web.get("wang.fang", f"/user-tasks/{task}").json["state"] == "completed"


def test_a_return_asks_again_in_a_second_round(web: Web) -> None:
    first = web.task()

    again = web.complete("wang.fang", first, "return").json["tasks"][0]["id"]

    assert again != first
    assert web.get("wang.fang", f"/user-tasks/{again}").json["round"] == 2


def test_a_decided_task_answers_409_with_who_and_when(web: Web) -> None:
    task = web.task()
    web.complete("wang.fang", task, "reject")

    late = web.complete("wang.fang", task, "approve")

    assert late.status_code == 409
    assert late.json["code"] == "task-closed"
    assert (late.json["facts"]["decidedBy"], late.json["facts"]["outcome"]) == ("wang.fang", "reject")
    assert late.json["facts"]["endedAt"].endswith("Z")


def test_a_candidate_claims_and_the_others_learn_who_holds_it(web: Web) -> None:
    task = web.task("grouped")

    assert web.post("zhao.lei", f"/user-tasks/{task}/claim").status_code == 200

    refused = web.post("wu.gang", f"/user-tasks/{task}/claim")
    assert refused.status_code == 409
    assert (refused.json["code"], refused.json["facts"]["assignee"]) == ("task-already-claimed", "zhao.lei")
    assert web.complete("wu.gang", task).status_code == 409
    assert task not in str(web.get("wu.gang", "/user-tasks?limit=200").json)
    assert web.complete("zhao.lei", task).status_code == 200


def test_claiming_twice_changes_nothing(web: Web) -> None:
    task = web.task("grouped")
    web.post("zhao.lei", f"/user-tasks/{task}/claim")
    before = web.get("zhao.lei", f"/user-tasks/{task}").json["revision"]

    assert web.post("zhao.lei", f"/user-tasks/{task}/claim").status_code == 200

    assert web.get("zhao.lei", f"/user-tasks/{task}").json["revision"] == before


def test_an_unclaimed_task_is_everybodys_again(web: Web) -> None:
    task = web.task("grouped")
    web.post("zhao.lei", f"/user-tasks/{task}/claim")

    assert web.post("zhao.lei", f"/user-tasks/{task}/unclaim").status_code == 200

    assert task in str(web.get("wu.gang", "/user-tasks?limit=200").json)
    assert web.post("wu.gang", f"/user-tasks/{task}/claim").status_code == 200


def test_a_task_that_was_assigned_cannot_be_unclaimed(web: Web) -> None:
    assert web.post("wang.fang", f"/user-tasks/{web.task()}/unclaim").status_code == 409


def test_a_transferred_task_is_the_others_alone(web: Web) -> None:
    task = web.task()

    assert web.post("wang.fang", f"/user-tasks/{task}/transfer", json={"to": "wu.gang", "reason": "出差"}).status_code == 200

    assert web.complete("wang.fang", task).status_code == 403
    assert web.complete("wu.gang", task).status_code == 200


@pytest.mark.parametrize(("to", "status"), [("nobody.here", 404), ("wang.fang", 409), ("", 422), (7, 422)])
def test_a_transfer_to_nobody_or_to_oneself_is_refused(web: Web, to: Any, status: int) -> None:
    assert web.post("wang.fang", f"/user-tasks/{web.task()}/transfer", json={"to": to}).status_code == status


def test_the_initiator_cannot_decide_her_own_case(web: Web) -> None:
    task = web.task()

    assert web.complete("li.na", task).status_code == 403
    assert web.get("wang.fang", f"/user-tasks/{task}").json["state"] == "open"


def test_the_etag_is_the_revision_and_a_stale_one_answers_412(web: Web) -> None:
    task = web.task("grouped")
    first = web.get("zhao.lei", f"/user-tasks/{task}").headers["ETag"]
    assert first == '"1"'
    web.post("zhao.lei", f"/user-tasks/{task}/claim")

    stale = web.complete("zhao.lei", task, headers={"If-Match": first})

    assert stale.status_code == 412
    assert (stale.json["facts"]["expected"], stale.json["facts"]["found"]) == (1, 2)
    assert web.complete("zhao.lei", task, headers={"If-Match": '"2"'}).status_code == 200


@pytest.mark.parametrize("tag", ['W/"1"', "1", '"x"', '""', '"1', '"-1"', '"１"', '"1_0"', "nonsense", '"' + "9" * 400 + '"'])
def test_a_weak_or_foreign_tag_never_matches(web: Web, tag: str) -> None:
    assert web.complete("wang.fang", web.task(), headers={"If-Match": tag.encode("utf-8").decode("latin-1")}).status_code == 412


def test_a_star_matches_whatever_is_there(web: Web) -> None:
    assert web.complete("wang.fang", web.task(), headers={"If-Match": "*"}).status_code == 200


def test_a_form_body_answers_415(web: Web) -> None:
    task = web.task()

    assert web.post("wang.fang", f"/user-tasks/{task}/complete", data={"outcome": "approve"}).status_code == 415
    assert web.post("wang.fang", f"/user-tasks/{task}/claim", data={"x": "y"}).status_code == 415
    assert web.post("wang.fang", f"/user-tasks/{task}/complete", data="{}", content_type="text/plain").status_code == 415


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"outcome": }', b'{"a":' * 1000])
def test_what_is_no_json_answers_400_or_422_and_never_more(web: Web, body: bytes) -> None:
    answer = web.post("wang.fang", f"/user-tasks/{web.task()}/complete", data=body, content_type="application/json")

    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("body", [[], "text", 5, None, {}, {"outcome": 5}, {"outcome": ""}, {"outcome": "approve", "surprise": 1}])
def test_json_that_is_no_decision_answers_422(web: Web, body: Any) -> None:
    assert web.post("wang.fang", f"/user-tasks/{web.task()}/complete", json=body).status_code == 422


def test_json_nested_beyond_reason_is_a_fault_of_the_caller(web: Web) -> None:
    deep = b'{"outcome": "approve", "values": {"reason": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"

    answer = web.post("wang.fang", f"/user-tasks/{web.task()}/complete", data=deep, content_type="application/json")

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"unknown": 1}, "unknown"), ({"days": "many"}, "days"), ({"days": 1.5}, "days"), ({"days": True}, "days"), ({"cost": "NaN"}, "cost"),
        ({"cost": "1,5"}, "cost"), ({"cost": []}, "cost"), ({"from": "2026-02-30"}, "from"), ({"paid": "maybe"}, "paid"), ({"reason": {"a": 1}}, "reason"),
        ({"reason": ["a"]}, "reason"), ({"reason": "x" * 2001}, "reason"),
    ],
)  # fmt: skip
def test_values_outside_the_form_answer_422_with_their_path(web: Web, values: dict[str, Any], path: str) -> None:
    task = web.task()

    answer = web.complete("wang.fang", task, values=values)

    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json["faults"]] == [path]
    assert web.get("wang.fang", f"/user-tasks/{task}").json["state"] == "open"


def test_every_fault_of_a_decision_is_listed_at_once(web: Web) -> None:
    answer = web.complete("wang.fang", web.task(), "perhaps", values={"days": "x", "unknown": 1})

    assert sorted(fault["path"] for fault in answer.json["faults"]) == ["days", "outcome", "unknown"]


def test_values_arrive_in_the_types_of_the_form(web: Web) -> None:
    case = web.start()
    values = {"reason": "探亲", "days": "3", "cost": 0.1, "from": "2026-12-01", "paid": "true"}

    web.complete("wang.fang", case["tasks"][0]["id"], values=values)

    kept = web.get("li.na", f"/process-instances/{case['id']}/variables").json
    assert (kept["reason"], kept["days"], kept["paid"]) == ("探亲", 3, True)
    assert (kept["cost"], kept["from"]) == ({"$d": "0.1"}, {"$a": "2026-12-01"})
    assert kept["decisions"]["decide"]["by"] == "wang.fang"


@pytest.mark.parametrize("bad", ["a\0b", "\ud800", "ab\udfff"])
@pytest.mark.parametrize("field", ["comment", "outcome", "values", "name"])
def test_nul_and_half_characters_answer_422_wherever_they_stand(web: Web, field: str, bad: str) -> None:
    task = web.task()
    body: dict[str, Any] = {"outcome": "approve"}
    body |= {"values": {"reason": bad}} if field == "values" else {"values": {bad: 1}} if field == "name" else {field: bad}

    raw = json.dumps(body)  # writes them as escapes, which JSON allows

    assert web.post("wang.fang", f"/user-tasks/{task}/complete", data=raw, content_type="application/json").status_code == 422
    assert web.get("wang.fang", f"/user-tasks/{task}").json["state"] == "open"


def test_a_comment_that_is_too_long_answers_422(web: Web) -> None:
    assert web.complete("wang.fang", web.task(), comment="长" * 2001).status_code == 422
    assert web.complete("wang.fang", web.task(), comment="长" * 2000).status_code == 200


@pytest.mark.parametrize("days", [2**53, 2**63, -(2**70), 10**400])
def test_a_number_larger_than_json_can_say_is_kept_whole(web: Web, days: int) -> None:
    case = web.start()

    assert web.complete("wang.fang", case["tasks"][0]["id"], values={"days": days}).status_code == 200

    assert web.get("li.na", f"/process-instances/{case['id']}/variables").json["days"] == {"$d": str(days)}


def test_of_two_who_decide_at_once_one_wins_and_the_other_gets_409(web: Web) -> None:
    for _ in range(5):
        task = web.task("grouped")
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda who: web.complete(who, task, "approve" if who == "wu.gang" else "reject"), ["wu.gang", "zhao.lei"]))  # noqa: B023
        assert sorted(answer.status_code for answer in both) == [200, 409]


def test_of_eight_who_claim_at_once_one_holds_it(web: Web) -> None:
    task = web.task("grouped")
    people = ["wu.gang", "zhao.lei"] * 4

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: (who, web.post(who, f"/user-tasks/{task}/claim").status_code), people))

    winners = {who for who, status in answers if status == 200}
    assert len(winners) == 1
    assert all(status == 409 for who, status in answers if who not in winners)


def test_a_stranger_cannot_tell_an_open_a_closed_and_no_task_apart(web: Web) -> None:
    closed, open_ = web.task(), web.task()
    web.complete("wang.fang", closed)

    for verb, body in (("complete", {"outcome": "approve"}), ("claim", None), ("unclaim", None), ("transfer", {"to": "wu.gang"})):
        answers = [web.post("qian.yi", f"/user-tasks/{task}/{verb}", json=body) for task in (closed, open_, unknown())]
        assert [answer.status_code for answer in answers] == [404, 404, 404], verb
        assert len({(answer.json["code"], answer.json["detail"]) for answer in answers}) == 1
        assert not any("wang" in answer.text for answer in answers)


def test_my_tasks_come_soonest_due_first_and_page_without_gaps(web: Web) -> None:
    mine = [web.task("named", variables={"boss": "sun.mei", "due": f"2026-12-{day:02}"}) for day in (3, 1, 2)]
    mine.append(web.task("named", variables={"boss": "sun.mei", "due": ""}))

    first = web.get("sun.mei", "/user-tasks?limit=2").json
    second = web.get("sun.mei", f"/user-tasks?limit=2&after={first['after']}").json

    seen = [item["id"] for item in first["items"] + second["items"]]
    assert seen == [mine[1], mine[2], mine[0], mine[3]]
    assert second["after"] is None


def test_what_i_decided_is_listed_newest_first(web: Web) -> None:
    tasks = [web.task("named", variables={"boss": "zheng.hao", "due": ""}) for _ in range(3)]
    for task in tasks:
        web.complete("zheng.hao", task)

    items = web.get("zheng.hao", "/user-tasks?state=completed").json["items"]

    assert [item["id"] for item in items] == tasks[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "state=perhaps", "after=%00", "after=x", "after=W10=", "after=WyJhIl0=",
                                   "after=WzEsMiwzXQ==", "after=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwiMjAyNi0wMS0wMSIsNV0="])  # fmt: skip
def test_a_page_that_cannot_be_answers_422(web: Web, query: str) -> None:
    assert web.get("wang.fang", f"/user-tasks?{query}").status_code == 422


def test_a_year_of_other_calendars_in_a_mark_is_no_500(web: Web) -> None:
    # ["2026-W47-7", "0001-01-01T00:00:00+23:59", uuid]: Python reads both, PostgreSQL neither
    mark = "WyIyMDI2LVc0Ny03IiwiMDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd"

    assert web.get("wang.fang", f"/user-tasks?after={mark}").status_code == 422
