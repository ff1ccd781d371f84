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


@pytest.mark.slow
def test_of_two_verbs_at_once_one_wins_or_both_are_done_and_the_case_is_sound(app: Flask, tmp_path: Path) -> None:
    deploy(RACE)
    execute("INSERT INTO role_grant (person_id, role) SELECT id, 'administrator' FROM person WHERE key = 'wu.gang'")
    pairs = [pair[:: 1 if round_ % 2 else -1] for round_ in range(ROUNDS) for pair in combinations_with_replacement(VERBS, 2)]
    races = [prepared(pair) for pair in pairs]
    advance(3700)  # what is due is due: it fires where somebody lets it
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    lanes: list[tuple[Any, Any]] = [(context.Queue(), context.Queue()) for _ in SIDES]
    racers = [
        context.Process(target=take_turns, args=(app.config["SETTINGS"].database_url, str(tmp_path), barrier, turns, told))
        for turns, told in lanes
    ]
    for racer in racers:
        racer.start()
    for side, (turns, _) in enumerate(lanes):
        turns.put([race[1 + side] for race in races])
    told = [answers.get(timeout=120) for _, answers in lanes]
    for racer in racers:
        racer.join(30)

    wrong = []
    for pair, (case, *_), *answers in zip(pairs, races, *told, strict=True):
        lost = [answer for answer in answers if answer != "ok"]
        if not all(issubclass(getattr(errors, answer, type), errors.Refused | errors.Conflict) for answer in lost):
            wrong.append((pair, answers, "no refusal"))
        if len(lost) > 1 or (conflicting(*pair) and not lost):
            wrong.append((pair, answers, "not one winner"))
        healthy(case)
    assert not wrong
    print(len(races), Counter(answer for answers in told for answer in answers))
