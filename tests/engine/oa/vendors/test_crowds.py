"""Many people at once: a group of two hundred that may claim one task, and a case with sixty open tasks. Each has one card, and none is left over."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest
from drawings import END, START, drawing, instances, node, path
from engine_support import deploy, execute, rows, start
from rehearsal_support import Rehearsal, login
from sqlalchemy import text
from tests_support import person

from engine import tasks
from engine.database import transaction

MANY = 200
CROWD = [f"crowd.{number:03d}" for number in range(MANY)]
GROUP = drawing(
    START,
    node("userTask", "check", name="会审", camunda_candidateGroups="crowd"),
    END,
    path("start", "check", "end"),
    key="crowded",
    name="人多",
)
SIXTY = drawing(
    START, node("userTask", "all", instances(collection="people", element="who"), name="会签", camunda_assignee="${who}"), END, path("start", "all", "end"),
    key="sixty", name="会签",
)  # fmt: skip


@pytest.fixture
def crowd(stage: Rehearsal) -> Iterator[list[str]]:
    """Give two hundred people whom both sides know, in one group."""
    known = stage.door("people")
    body = {"mobile": "", "email": "", "department": "总部", "active": True}
    ids = {key: {"userId": stage.remote(key), "openId": f"ou_{login(key)}", "unionId": f"on_{login(key)}", "name": key} for key in CROWD}
    strangers = [one for one in known if one["userId"] not in {each["userId"] for each in ids.values()}]
    stage.http.post("/_sim/people", json=[*strangers, *({**body, **each} for each in ids.values())]).raise_for_status()
    with transaction() as session:
        session.execute(text("INSERT INTO \"group\" (id, key, name) VALUES (gen_random_uuid(), 'crowd', '人群') ON CONFLICT DO NOTHING"))
        for key in CROWD:
            session.execute(
                text("INSERT INTO person (id, key, name) VALUES (gen_random_uuid(), :key, :key) ON CONFLICT DO NOTHING"), {"key": key}
            )
            session.execute(
                text("INSERT INTO group_member (group_id, person_id) SELECT g.id, p.id FROM \"group\" g, person p WHERE g.key = 'crowd' AND p.key = :key"
                     " ON CONFLICT DO NOTHING"), {"key": key},
            )  # fmt: skip
            for id_type, spelled in stage.vendor.ids.items():
                session.execute(
                    text("INSERT INTO oa_identity (connection, id_type, remote_id, person_id) SELECT :connection, :type, :remote, id FROM person"
                         " WHERE key = :key ON CONFLICT DO NOTHING"),
                    {"connection": stage.key, "type": id_type, "remote": spelled(key), "key": key},
                )  # fmt: skip
    deploy(GROUP, SIXTY)
    hurry(stage, 60.0)
    yield CROWD
    hurry(stage, 1.0)


def hurry(stage: Rehearsal, rate: float) -> None:
    """Let the office system's clock run faster, and our limits with it."""
    stage.tell("clock", rate=rate)
    execute(
        "UPDATE oa_connection SET settings = settings || jsonb_build_object('rate_factor', CAST(:rate AS float)) WHERE key = :key",
        rate=rate,
        key=stage.key,
    )


def cards(stage: Rehearsal, case: UUID, people: list[str]) -> list[int]:
    """Return how many open cards of a case each of these people sees."""
    seen = Counter(card["person"] for card in stage.cards(case) if card["open"])
    return [seen[stage.remote(key)] for key in people]


ONE = "SELECT id FROM user_task WHERE instance_id = :case AND state = 'open' AND (CAST(:who AS text) IS NULL OR assignee = :who)"


def task(case: UUID, who: str | None = None) -> UUID:
    return UUID(str(rows(ONE, case=case, who=who)[0].id))


def decide(stage: Rehearsal, identity: UUID, by: str) -> None:
    with transaction() as session:
        tasks.complete(session, identity, by=person(by), outcome="approve", comment="同意")


def test_a_group_of_two_hundred_has_two_hundred_cards_and_none_when_one_has_decided(stage: Rehearsal, crowd: list[str]) -> None:
    case = start("crowded").case.id
    stage.settle()
    assert cards(stage, case, crowd) == [1] * MANY
    assert stage.doubles(case) == []
    decide(stage, task(case), crowd[117])
    stage.settle()
    assert cards(stage, case, crowd) == [0] * MANY
    assert rows("SELECT state FROM oa_delivery WHERE instance_id = :case AND state NOT IN ('sent', 'superseded')", case=case) == []


def test_of_sixty_open_tasks_each_closes_by_itself_and_the_rest_with_the_case(stage: Rehearsal, crowd: list[str]) -> None:
    sixty = crowd[:60]
    case = start("sixty", people=sixty).case.id
    stage.settle()
    assert cards(stage, case, sixty) == [1] * 60
    for key in sixty[:20]:
        decide(stage, task(case, key), key)
    stage.settle()
    assert cards(stage, case, sixty) == [0] * 20 + [1] * 40
    execute("UPDATE process_instance SET title = '改了名' WHERE id = :case", case=case)
    decide(stage, task(case, sixty[20]), sixty[20])
    stage.settle()
    assert cards(stage, case, sixty) == [0] * 21 + [1] * 39
    for key in sixty[21:]:
        decide(stage, task(case, key), key)
    stage.settle()
    assert cards(stage, case, sixty) == [0] * 60
    assert stage.doubles(case) == []
    assert stage.reconcile(case) == []
