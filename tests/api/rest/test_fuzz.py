"""Whatever a caller sends, the answer is a refusal with a reason or a result; never a failure of ours, and never half of the work."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_support import Web, unknown

BOUNDED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
KEYS = st.text(st.characters(), max_size=8) | st.sampled_from(["$d", "$t", "$m", "decisions", "typename", "__class__"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | st.text(st.characters(), max_size=20)
    | st.sampled_from(["approve", "return", "leave", "wang.fang", "", "\0", "\ud800", "P1D", "NaN", "${1/0}", "1e99999", "2026-12-01", "$d", "__class__"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
NAMES = (
    "processDefinitionKey",
    "businessKey",
    "variables",
    "outcome",
    "comment",
    "values",
    "to",
    "reason",
    "name",
    "days",
    "scopes",
    "taxId",
    "fonds",
    "value",
)
BODIES = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=5) | ANYTHING
FORM = st.dictionaries(st.sampled_from(["reason", "days", "cost", "from", "paid", "x"]), ANYTHING, max_size=4)
QUERY = st.dictionaries(
    st.sampled_from(["limit", "after", "state", "status", "since", "until", "initiator", "person", "businessKey", "outcome", "processDefinitionKey"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(["0", "-1", "1e5", "9" * 30, "0001-01-01T00:00:00+23:59", "\0"]),
    max_size=3,
)  # fmt: skip


def send(web: Web, person: str, route: str, body: Any, **headers: str) -> int:
    answer = web.post(person, route, data=json.dumps(body), content_type="application/json", headers=headers)
    assert answer.status_code < 500, (route, body, answer.text)
    if answer.status_code >= 400:
        assert answer.mimetype == "application/problem+json"
    return answer.status_code


@BOUNDED
@given(BODIES)
def test_a_start_is_never_a_failure_of_ours(web: Web, body: Any) -> None:
    send(web, "ma.lin", "/process-instances", body)


@BOUNDED
@given(
    st.sampled_from(["leave", "named", "dividing", "calling", "grouped", "invoice_approval", "archive_filing"]),
    st.dictionaries(
        st.sampled_from(["boss", "due", "parts", "amount", "initiator_name", "request", "invoice"]) | KEYS, ANYTHING, max_size=5
    ),
)
def test_a_start_with_strange_variables_is_a_case_or_a_refusal_and_its_record_verifies(
    web: Web, key: str, variables: dict[str, Any]
) -> None:
    body = {"processDefinitionKey": key, "variables": variables}
    answer = web.post("ma.lin", "/process-instances", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (201, 409, 422), (body, answer.text)

    if answer.status_code == 201:
        case = answer.json["id"]
        for route in ("", "/variables", "/history"):
            assert web.get("ma.lin", f"/process-instances/{case}{route}").status_code == 200
        verified = web.get("ma.lin", f"/process-instances/{case}/verification")
        assert verified.status_code == 200, (body, verified.text)
        assert verified.json["ok"], (body, verified.json)


@BOUNDED
@given(st.sampled_from(["approve", "return", "reject"]) | ANYTHING, ANYTHING, FORM | ANYTHING)
def test_a_decision_is_taken_whole_or_not_at_all(web: Web, outcome: Any, comment: Any, values: Any) -> None:
    task = web.task()

    status = send(web, "wang.fang", f"/user-tasks/{task}/complete", {"outcome": outcome, "comment": comment, "values": values})

    assert web.get("wang.fang", f"/user-tasks/{task}").json["state"] == ("completed" if status == 200 else "open")


@BOUNDED
@given(st.sampled_from(["/api-tokens", "/legal-entities", "/deployments", "/invoices"]), BODIES)
def test_the_other_doors_hold_as_well(web: Web, route: str, body: Any) -> None:
    send(web, "ma.lin", route, body)


@BOUNDED
@given(
    st.sampled_from(["claim", "unclaim", "transfer", "complete"]),
    BODIES,
    st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=30),
)
def test_no_header_and_no_body_of_a_task_breaks_anything(web: Web, verb: str, body: Any, header: str) -> None:
    headers = {"If-Match": header, "Idempotency-Key": header, "Accept-Language": header}

    assert send(web, "zhao.lei", f"/user-tasks/{unknown()}/{verb}", body, **headers) >= 400


@BOUNDED
@given(
    st.sampled_from(
        ["/user-tasks", "/process-instances", "/process-definitions", "/invoices", "/archive-items", "/people", "/jobs", "/incidents"]
    ),
    QUERY,
)
def test_no_query_of_a_list_breaks_anything(web: Web, route: str, query: dict[str, str]) -> None:
    answer = web.get("ma.lin", route, query_string=query)

    assert answer.status_code in (200, 422), (query, answer.text)


@BOUNDED
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_path_breaks_anything(web: Web, path: str) -> None:
    for route in (f"/user-tasks/{path}", f"/invoices/{unknown()}/files/{path}", f"/process-instances/{path}/history"):
        assert web.get("ma.lin", route.replace("?", "%3F").replace("#", "%23")).status_code < 500


@pytest.mark.parametrize("path", ["%00", "a%00b", "%ff", "..%2f..%2fetc%2fpasswd", "%F0%9F%98%80", "a" * 5000])
def test_no_coded_path_breaks_anything(web: Web, path: str) -> None:
    for route in (f"/api/v1/invoices/{unknown()}/files/{path}", f"/oa/{path}/callback", f"/api/v1/{path}", f"/{path}"):
        for method in ("GET", "POST"):
            assert (
                web.app.test_client().open(route, method=method, headers={"Authorization": f"Bearer {web.tokens['ma.lin']}"}).status_code
                < 500
            )


@BOUNDED
@given(st.binary(max_size=200) | st.builds(lambda body: json.dumps(body).encode(), ANYTHING))
def test_no_unsigned_callback_gets_in(web: Web, body: bytes) -> None:
    answer = web.app.test_client().post(
        "/oa/demo-oa/callback", data=body, headers={"X-OA-Timestamp": "1", "X-OA-Event-Id": "e", "X-OA-Signature": "v1=0"}
    )

    assert answer.status_code == 403
