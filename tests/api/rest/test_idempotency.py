"""`Idempotency-Key`: one key, one piece of work, one answer."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from sqlalchemy import text
from web_support import Web, multipart

from engine.database import transaction


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def cases(web: Web) -> int:
    with web.inside(), transaction() as session:
        return int(session.execute(text("SELECT count(*) FROM process_instance")).scalar_one())


def test_the_same_key_gets_the_same_answer_and_the_work_is_done_once(web: Web) -> None:
    headers, body = key(), {"processDefinitionKey": "leave"}
    first = web.post("li.na", "/process-instances", json=body, headers=headers)
    before = cases(web)

    again = web.post("li.na", "/process-instances", json=body, headers=headers)

    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert cases(web) == before


def test_the_first_answer_stays_although_the_case_has_moved_on_since(web: Web) -> None:
    task, headers = web.task(), key()
    first = web.complete("wang.fang", task, "return", headers=headers)
    web.complete("wang.fang", first.json["tasks"][0]["id"])

    again = web.complete("wang.fang", task, "return", headers=headers)

    assert (again.status_code, again.data) == (200, first.data)
    assert again.json["status"] == "running"


def test_another_body_under_the_same_key_answers_422(web: Web) -> None:
    headers = key()
    web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave"}, headers=headers)

    answer = web.post("li.na", "/process-instances", json={"processDefinitionKey": "grouped"}, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency-key-reused")


def test_a_key_belongs_to_its_caller_and_its_route(web: Web) -> None:
    headers, body = key(), {"processDefinitionKey": "leave"}
    mine = web.post("li.na", "/process-instances", json=body, headers=headers).json["id"]

    hers = web.post("ma.lin", "/process-instances", json=body, headers=headers).json["id"]
    task, other = web.task("grouped"), web.task("grouped")

    assert hers != mine
    assert web.post("zhao.lei", f"/user-tasks/{task}/claim", headers=headers).json["id"] != web.post(
        "zhao.lei", f"/user-tasks/{other}/claim", headers=headers
    ).json["id"]  # fmt: skip


def test_a_refusal_is_not_kept(web: Web) -> None:
    headers, task = key(), web.task("grouped")
    web.post("wu.gang", f"/user-tasks/{task}/claim")
    assert web.complete("zhao.lei", task, headers=headers).status_code == 409
    web.post("wu.gang", f"/user-tasks/{task}/unclaim")

    assert web.complete("zhao.lei", task, headers=headers).status_code == 200


def test_an_upload_that_could_not_be_read_is_not_kept_either(web: Web) -> None:
    headers = key()
    assert web.post("li.na", "/invoices", **multipart(("file", "a.txt", b"one")), headers=headers).status_code == 422

    second = web.post("li.na", "/invoices", **multipart(("file", "b.txt", b"another")), headers=headers)

    assert second.json["code"] != "idempotency-key-reused"
    assert second.mimetype == "application/problem+json"


def test_two_with_one_key_at_once_do_the_work_once(web: Web) -> None:
    for _ in range(3):
        headers, before = key(), cases(web)
        with ThreadPoolExecutor(6) as pool:
            answers = list(
                pool.map(
                    lambda _: web.post("li.na", "/process-instances", json={"processDefinitionKey": "leave"}, headers=headers),  # noqa: B023
                    range(6),
                )
            )
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.data for answer in answers}) == 1
        assert cases(web) == before + 1


def test_a_key_that_is_too_long_is_refused(web: Web) -> None:
    body = {"processDefinitionKey": "leave"}

    assert web.post("li.na", "/process-instances", json=body, headers={"Idempotency-Key": "k" * 201}).status_code == 422
    assert web.post("li.na", "/process-instances", json=body, headers={"Idempotency-Key": "k" * 200}).status_code == 201


def test_a_deployment_is_known_again_by_its_files(web: Web) -> None:
    from_one = multipart(("files", "a.bpmn", b"<a/>"))
    headers = key()
    assert web.post("zheng.hao", "/deployments", **from_one, headers=headers).status_code == 422  # refused, so not kept

    assert (
        web.post("zheng.hao", "/deployments", **multipart(("files", "b.bpmn", b"<b/>")), headers=headers).json["code"]
        == "invalid-definition"
    )


def test_a_new_token_is_never_kept_with_its_answer(web: Web) -> None:
    headers = key()
    secret = web.post("li.na", "/api-tokens", json={"name": uuid4().hex}, headers=headers).json["token"]

    with web.inside(), transaction() as session:
        kept = [bytes(row) for row in session.execute(text("SELECT answer FROM idempotency_record")).scalars()]

    assert not any(secret.encode() in answer for answer in kept)
