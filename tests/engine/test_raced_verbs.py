"""Every verb against every other on the same task, from two processes: one wins, the other is told so, and the case is as sound as before."""

import multiprocessing
from collections import Counter
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from approvals_support import act, decide, open_or_over, prove, task
from drawings import END, START, drawing, human, node, path, timer
from engine_support import advance, deploy, execute, rows, start
from flask import Flask
from races_support import VERBS, Turn, take_turns
from tests_support import person

from api.cli.company import CONNECTION
from engine import errors, inbox, interventions, suspension, tasks
from engine.database import transaction
from engine.oa.contract import Event

ROUNDS = 2
RACE = drawing(
    START,
    human("x"),
    node("userTask", "a", camunda_candidateUsers="wang.fang,zhao.lei"),
    timer("late", "PT1H", attachedToRef="a", cancelActivity="false", shenpi_timeout="pass"),
    human("b", "wu.gang"),
    END,
    path("start", "x", "a", "b", "end"),
    path("late", "end"),
)
SIDES = ("wang.fang", "zhao.lei")
#: of two of these, only one can be done: each takes the task out of the other's hands
TAKING = {"complete", "claim", "transfer", "delegate", "before", "return", "take back", "press"}
#: what cannot be done again
TWICE = {"urge", "unsign", "withdraw", "suspend", "after", "beside", "before", "unclaim", "give back", "hand over", "terminate"}
ENDING = {("suspend", "withdraw"), ("terminate", "withdraw")}


def conflicting(one: str, other: str) -> bool:
    return (one in TAKING and other in TAKING) or (one == other and one in TWICE) or tuple(sorted((one, other))) in ENDING


def turn(verb: str, who: str, side: int, case: UUID, signer: UUID | None) -> Turn:
    """Return what one side is to do."""
    at = task(case, "a", None)
    match verb:
        case "complete":
            return verb, at, who, {"outcome": "approve"}
        case "claim" | "unclaim" | "give back":
            return verb, at, who, {}
        case "press":
            return verb, pressed(at, who), who, {}
        case "hand over":
            return verb, at, "ma.lin", {"to": ("chen.jing", "sun.mei")[side]}
        case "time runs out":
            found = rows("SELECT token FROM timer WHERE instance_id = :case", case=case)[0].token
            return verb, case, "ma.lin", {"token": str(found)}
        case "transfer" | "delegate":
            return verb, at, who, {"to": ("chen.jing", "sun.mei")[side]}
        case "before" | "after" | "beside":
            return verb, at, who, {"who": "qian.yi", "place": verb}
        case "unsign":
            return verb, signer, "wang.fang", {}
        case "return":
            return verb, at, who, {"to": "x"}
        case "take back":
            return verb, task(case, "x", state="completed"), "wang.fang", {}
        case "urge":
            return verb, at, "li.na", {}
        case "comment":
            return verb, case, "li.na", {"said": "请尽快"}
        case "copy":
            return verb, case, "li.na", {"to": ["zheng.hao"]}
        case "withdraw":
            return verb, case, "li.na", {}
        case "suspend":
            return verb, case, "ma.lin", {"reason": "核查"}
    with transaction() as session:
        to = "x" if verb == "jump" else None
        asked = interventions.ask(session, case, by=person("ma.lin"), kind=verb, element=to, reason="卡住").id
    return verb, asked, "wu.gang", {}


def pressed(at: UUID, who: str) -> UUID:
    """Return the message of a button that somebody has pressed in an office system, before a worker has looked at it."""
    nonce = rows("SELECT nonce FROM user_task WHERE id = :at", at=at)[0].nonce
    event = Event(
        connector=CONNECTION, kind="task.approved", dedupe_key=uuid4().hex, raw_digest="00" * 32, task_key=f"{at}:{who}", nonce=nonce, actor=who,
        outcome="approve", comment="同意",
    )  # fmt: skip
    with transaction() as session:
        inbox.receive(session, CONNECTION, event)
    return UUID(str(rows("SELECT id FROM oa_message WHERE dedupe_key = :key", key=event.dedupe_key)[0].id))


def prepared(pair: tuple[str, str]) -> tuple[UUID, Turn, Turn]:
    """Return a new case in which both verbs of a pair can be done, and what each side does."""
    case = start("p").case.id
    decide(case, "x", "wang.fang")
    base, signer = task(case, "a"), None
    if "unsign" in pair:
        act(tasks.add_signer, task(case, "a"), by="wang.fang", who="ma.lin", place="beside")
        signer = task(case, "a", "ma.lin")
    if "unclaim" in pair:
        act(tasks.claim, base, by="wang.fang")
    if "give back" in pair:
        act(tasks.delegate, base, by="wang.fang", to="zhao.lei")
    holder = "zhao.lei" if "give back" in pair else "wang.fang" if "unclaim" in pair else None
    sides = [turn(verb, holder or SIDES[side], side, case, signer) for side, verb in enumerate(pair)]
    one, other = ((verb, base if about == signer and verb != "unsign" else about, who, more) for verb, about, who, more in sides)
    return case, one, other


def healthy(case: UUID) -> None:
    if rows("SELECT 1 FROM process_instance WHERE id = :case AND status = 'suspended'", case=case):
        act(suspension.resume, case, by="ma.lin", reason="完毕")
    open_or_over(case)
    assert not rows("SELECT 1 FROM incident WHERE instance_id = :case", case=case)
    prove(case)


def race(app: Flask, home: Path, races: list[tuple[UUID, Turn, Turn]]) -> list[list[str]]:
    """Let two processes do both verbs of each race at the same moment; returns what each side was told, in the order of the races."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    lanes: list[tuple[Any, Any]] = [(context.Queue(), context.Queue()) for _ in SIDES]
    racers = [
        context.Process(target=take_turns, args=(app.config["SETTINGS"].database_url, str(home), barrier, turns, told))
        for turns, told in lanes
    ]
    for racer in racers:
        racer.start()
    for side, (turns, _) in enumerate(lanes):
        turns.put([race[1 + side] for race in races])
    told = [answers.get(timeout=120) for _, answers in lanes]
    for racer in racers:
        racer.join(30)
    return [list(answers) for answers in zip(*told, strict=True)]


def unsound(pair: tuple[str, str], answers: list[str], conflict: bool) -> str | None:
    """Return what is wrong with what both sides were told; None when one has won, or both."""
    lost = [answer for answer in answers if answer != "ok"]
    if not all(issubclass(getattr(errors, answer, type), errors.Refused | errors.Conflict) for answer in lost):
        return f"{pair} {answers}: no refusal"
    return f"{pair} {answers}: not one winner" if len(lost) > 1 or (conflict and not lost) else None


@pytest.mark.slow
def test_of_two_verbs_at_once_one_wins_or_both_are_done_and_the_case_is_sound(app: Flask, tmp_path: Path) -> None:
    deploy(RACE)
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'")
    pairs = [pair[:: 1 if round_ % 2 else -1] for round_ in range(ROUNDS) for pair in combinations_with_replacement(VERBS, 2)]
    races = [prepared(pair) for pair in pairs]
    advance(3700)  # what is due is due: it fires where somebody lets it
    told = race(app, tmp_path, races)
    for case, *_ in races:
        healthy(case)
    assert [said for pair, answers in zip(pairs, told, strict=True) if (said := unsound(pair, answers, conflicting(*pair)))] == []
    print(len(races), Counter(answer for answers in told for answer in answers))


#: a task that separation of duties leaves nobody for, a case that is held, and one that has passed; and what may be done to each
STATES = {
    "nobody": ("name", "retry", "withdraw", "suspend", "terminate", "jump", "comment"),
    "held": ("resume", "terminate", "comment", "copy"),
    "passed": ("revoke", "copy"),
}
#: of two of these one is refused, for the other has done it or ended what it is about
ONCE = {"name", "retry", "withdraw", "suspend", "terminate", "resume", "revoke"}
EITHER = {frozenset(("name", "retry")), frozenset(("withdraw", "terminate"))}


def in_state(state: str, pair: tuple[str, str]) -> tuple[UUID, Turn, Turn]:
    """Return a new case in a state, and what each side does to it."""
    case = start(state).case.id
    decide(case, "x", "wang.fang")
    if state == "held":
        act(suspension.suspend, case, by="ma.lin", reason="核查")
    one, other = (beside(verb, side, case) for side, verb in enumerate(pair))
    return case, one, other


def beside(verb: str, side: int, case: UUID) -> Turn:
    if verb in ("name", "retry"):
        incident = rows("SELECT id FROM incident WHERE instance_id = :case", case=case)[0].id
        more = {"to": ("zhao.lei", "chen.jing")[side], "reason": "补位"} if verb == "name" else {}
        return verb, incident, "ma.lin", more
    if verb in ("resume", "revoke"):
        return verb, case, "ma.lin" if verb == "resume" else "li.na", {"reason": "核查完毕"}
    if verb in ("jump", "terminate"):
        with transaction() as session:
            to = "x" if verb == "jump" else None
            return verb, interventions.ask(session, case, by=person("ma.lin"), kind=verb, element=to, reason="卡住").id, "wu.gang", {}
    by = "ma.lin" if verb == "suspend" else "li.na"
    return verb, case, by, {"comment": {"said": "请尽快"}, "copy": {"to": ["zheng.hao"]}, "suspend": {"reason": "核查"}}.get(verb, {})


@pytest.mark.slow
def test_what_is_done_at_once_to_a_case_in_another_state_leaves_it_sound_too(app: Flask, tmp_path: Path) -> None:
    kept = human("a", "wang.fang", shenpi_notBy="x")
    deploy(drawing(START, human("x"), kept, END, path("start", "x", "a", "end"), key="nobody"))
    deploy(drawing(START, human("x"), human("a"), END, path("start", "x", "a", "end"), key="held"))
    deploy(drawing(START, human("x"), END, path("start", "x", "end"), key="passed", shenpi_revoke="initiator"))
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'")
    pairs = [
        (state, pair[:: 1 if round_ % 2 else -1])
        for round_ in range(ROUNDS)
        for state, verbs in STATES.items()
        for pair in combinations_with_replacement(verbs, 2)
    ]
    races = [in_state(state, pair) for state, pair in pairs]
    told = race(app, tmp_path, races)
    for case, *_ in races:
        open_or_over(case)
        prove(case)
        assert not rows(
            """SELECT 1 FROM incident n JOIN process_instance i ON i.id = n.instance_id WHERE i.id = :case AND n.resolved_at IS NULL
               AND NOT EXISTS (SELECT 1 FROM user_task t WHERE t.instance_id = i.id AND t.token = n.token AND t.state = 'open' AND t.assignee IS NULL)""",
            case=case,
        ), "an incident of nothing"
    wrong = [
        unsound(pair, answers, pair[0] == pair[1] in ONCE or frozenset(pair) in EITHER)
        for (_, pair), answers in zip(pairs, told, strict=True)
    ]
    assert [said for said in wrong if said] == []
    print(len(races), Counter(answer for answers in told for answer in answers))
