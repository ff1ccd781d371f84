"""Posts, substitutions, authority, duties and imports as programs see them."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_support import Web, multipart, unknown

TIMES = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00+08:00"}
AWAY = {"substitute": "zhao.lei", "reason": "休假", **TIMES}


def items(web: Web, person: str, route: str) -> list[dict[str, Any]]:
    answer = web.get(person, route)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_a_substitution_is_seen_by_both_and_ended_by_the_one_who_gave_it(web: Web) -> None:
    made = web.post(
        "wang.fang", "/substitutions", json={**AWAY, "amountLimit": "5000.50", "processDefinitionKey": "leave", "department": "office"}
    )
    assert made.status_code == 201, made.text
    row = made.json
    assert (row["person"], row["substitute"], row["amountLimit"], row["currency"], row["madeBy"]) == (
        "wang.fang",
        "zhao.lei",
        "5000.5",
        "CNY",
        "wang.fang",
    )

    for who in ("wang.fang", "zhao.lei"):
        assert [one["id"] for one in items(web, who, "/substitutions")] == [row["id"]]
    assert items(web, "wu.gang", "/substitutions") == []
    assert web.get("wang.fang", "/substitutions?everybody=true").status_code == 403
    assert row["id"] in [one["id"] for one in items(web, "sun.mei", "/substitutions?everybody=true")]

    assert web.post("zhao.lei", f"/substitutions/{row['id']}/revoke", json={}).status_code == 404
    assert web.post("wang.fang", f"/substitutions/{row['id']}/revoke", json={}).json["revokedBy"] == "wang.fang"
    again = web.post("wang.fang", f"/substitutions/{row['id']}/revoke", json={})
    assert (again.status_code, again.json["code"]) == (409, "refused")
    assert [one["id"] for one in items(web, "wang.fang", "/substitutions?over=true")] == [row["id"]]


def test_a_chain_is_told_and_a_circle_refused_with_its_people(web: Web) -> None:
    made = [
        web.post("ma.lin", "/substitutions", json={**AWAY, "person": person, "substitute": substitute}).json
        for person, substitute in (("chen.jing", "wu.gang"), ("sun.mei", "chen.jing"))
    ]
    assert made[1]["chains"] == [["sun.mei", "chen.jing", "wu.gang"]]
    assert items(web, "sun.mei", "/substitutions")[0]["chains"] == [["sun.mei", "chen.jing", "wu.gang"]]

    refused = web.post("wu.gang", "/substitutions", json={**AWAY, "substitute": "sun.mei"})
    assert (refused.status_code, refused.json["code"]) == (409, "circular-substitution")
    assert refused.json["facts"]["chain"] == "wu.gang → sun.mei → chen.jing → wu.gang"
    for row in made:
        assert web.post("ma.lin", f"/substitutions/{row['id']}/revoke", json={}).status_code == 200


def test_the_same_form_sent_twice_is_one_substitution(web: Web) -> None:
    headers = {"Idempotency-Key": "vacation"}
    first = web.post("zheng.hao", "/substitutions", json={**AWAY, "substitute": "ma.lin"}, headers=headers)
    again = web.post("zheng.hao", "/substitutions", json={**AWAY, "substitute": "ma.lin"}, headers=headers)

    assert first.json == again.json
    assert len(items(web, "zheng.hao", "/substitutions")) == 1


def test_a_rule_that_is_replaced_is_kept_with_who_ended_it(web: Web) -> None:
    body = {"currency": "CNY", "upTo": "10000", "approver": "wang.fang", "department": "office"}
    rule = web.post("ma.lin", "/authority-rules", json=body).json
    new = web.post(
        "ma.lin", f"/authority-rules/{rule['id']}/replace", json={**body, "upTo": None, "approverKind": "group", "approver": "directors"}
    ).json

    assert [(one["id"], one["upTo"], one["approver"]) for one in items(web, "zhao.lei", "/authority-rules")] == [
        (new["id"], None, "directors")
    ]
    (old,) = items(web, "sun.mei", "/authority-rules?ended=true")
    assert (old["id"], old["upTo"], old["endedBy"]) == (rule["id"], "10000", "ma.lin")
    wrong = web.post(
        "ma.lin", f"/authority-rules/{new['id']}/replace", json={**body, "approver": "nobody", "department": "nowhere", "upTo": "-1"}
    )
    assert wrong.status_code == 422
    assert {fault["path"] for fault in wrong.json["faults"]} == {"approver", "department", "upTo"}
    assert [one["id"] for one in items(web, "ma.lin", "/authority-rules")] == [new["id"]], "nothing was ended"
    assert web.post("ma.lin", f"/authority-rules/{rule['id']}/end", json={}).status_code == 404


def test_an_exception_is_asked_for_by_one_and_approved_by_another(web: Web) -> None:
    rule = web.post("ma.lin", "/duty-rules", json={"kind": "initiator", "processDefinitionKey": "leave", "reason": "内控"}).json
    case = web.start(by="li.na")["id"]
    body = {"processInstanceId": case, "rule": rule["id"], "person": "li.na", "element": "decide", "reason": "只有她在"}
    made = web.post("wang.fang", "/duty-overrides", json=body)
    assert made.status_code == 201, made.text
    assert web.post("wang.fang", "/duty-overrides", json=body).json["code"] == "duplicate"
    assert web.post("wang.fang", f"/duty-overrides/{made.json['id']}/approve", json={}).status_code == 403

    assert web.post("ma.lin", f"/duty-overrides/{made.json['id']}/approve", json={"note": "同意"}).json["state"] == "approved"
    (listed,) = [one for one in items(web, "sun.mei", "/duty-overrides?state=approved") if one["id"] == made.json["id"]]
    assert (listed["askedBy"], listed["settledBy"], listed["note"], listed["reason"]) == ("wang.fang", "ma.lin", "同意", "只有她在")
    assert listed["businessKey"].startswith("CASE-")
    own = web.post("ma.lin", "/duty-overrides", json={**body, "person": "wang.fang"}).json
    assert web.post("ma.lin", f"/duty-overrides/{own['id']}/approve", json={}).status_code == 409
    assert web.post("ma.lin", f"/duty-rules/{rule['id']}/end", json={}).status_code == 200


def test_a_post_is_held_in_an_entity_and_shown_with_who_holds_it(web: Web) -> None:
    assert web.post("ma.lin", "/posts", json={"key": "cfo", "name": "财务总监"}).status_code == 201
    assert web.post("ma.lin", "/posts", json={"key": "cfo", "name": "财务总监"}).json["code"] == "duplicate"
    assert web.post("ma.lin", "/posts", json={"key": "a b", "name": " "}).status_code == 422
    held = {"person": "zhao.lei", "legalEntity": "shenpi-sh"}
    assert web.post("ma.lin", "/posts/cfo/appoint", json=held).status_code == 201
    assert web.post("ma.lin", "/posts/cfo/appoint", json=held).status_code == 409
    assert web.post("ma.lin", "/posts/cfo/appoint", json={"person": "x", "legalEntity": "y"}).status_code == 422
    assert web.post("ma.lin", "/posts/none/appoint", json=held).status_code == 404

    (post,) = [one for one in items(web, "qian.yi", "/posts") if one["key"] == "cfo"]
    assert [(one["person"], one["name"], one["legalEntity"]) for one in post["holders"]] == [("zhao.lei", "赵蕾", "shenpi-sh")]
    assert web.post("ma.lin", "/posts/cfo/dismiss", json=held).status_code == 200
    assert web.post("ma.lin", "/posts/cfo/dismiss", json=held).status_code == 404
    assert web.post("ma.lin", "/posts/cfo/activate", json={"active": False}).json["active"] is False


def test_an_import_is_tried_dry_then_done_once(web: Web) -> None:
    def send(content: str, **more: str) -> Any:
        sent = multipart(("files", "人员.csv", content.encode()))
        parts = "".join(f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in more.items())
        sent["data"] = parts.encode() + sent["data"]
        return web.post("ma.lin", "/people/import", **sent)

    text = "工号,姓名,部门\nhe.jun,何军,财务部\n"
    dry = send(text, dryRun="true")
    assert (dry.status_code, dry.json["dryRun"]) == (200, True)
    assert dry.json["items"][0]["changed"] == {"name": [None, "何军"], "active": [None, True], "department": [None, "finance"]}
    assert [one["action"] for one in send(text).json["items"]] == ["added"]
    assert send(text).json["items"] == []

    faults = send("工号,姓名,部门\nhe.jun,何军,nowhere\n").json["faults"]
    assert [(fault["file"], fault["line"], fault["path"], fault["found"]) for fault in faults] == [("人员.csv", 2, "部门", "nowhere")]
    own = send("工号,姓名,在职\nma.lin,马琳,否\n")
    assert own.status_code == 422 and "own-account" in own.text
    assert web.post("ma.lin", "/people/import", json={}).status_code == 415


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(st.characters(), max_size=12)
    | st.sampled_from(["CNY", "li.na", "wang.fang", "office", "leave", "decide", "groups", "finance", "NaN", "1e99", "2026-01-01T00:00:00Z",
                       "9999-12-31T23:59:59-14:00", "\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
NAMES = [
    "person", "substitute", "startsAt", "endsAt", "reason", "amountLimit", "currency", "department", "processDefinitionKey", "legalEntity", "upTo",
    "approver", "approverKind", "position", "kind", "element", "otherElement", "group", "otherGroup", "processInstanceId", "rule", "key", "name", "active",
]  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "/substitutions": AWAY,
    "/authority-rules": {"currency": "CNY", "approver": "li.na"},
    "/duty-rules": {"kind": "groups", "group": "finance", "otherGroup": "archivists", "reason": "x"},
    "/duty-overrides": {"processInstanceId": unknown(), "rule": "x", "person": "li.na", "element": "decide", "reason": "x"},
    "/posts": {"key": "k", "name": "n"},
    "/posts/none/appoint": {"person": "li.na", "legalEntity": "shenpi-sh"},
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from(sorted(GOOD)), st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
def test_whatever_is_sent_is_answered_and_never_a_failure_of_ours(web: Web, route: str, odd: dict[str, Any]) -> None:
    answer = web.post("ma.lin", route, data=json.dumps(GOOD[route] | odd), content_type="application/json")

    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "route", ["/substitutions?after=x", "/duty-overrides?after=x", "/duty-overrides?state=x", "/substitutions?limit=0"]
)
def test_a_list_refuses_marks_and_limits_that_are_none(web: Web, route: str) -> None:
    assert web.get("ma.lin", route).status_code == 422
