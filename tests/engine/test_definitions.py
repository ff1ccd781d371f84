"""Deployments: versions are pinned by content, numbered without gaps, and never change under a running case."""

import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from drawings import END, START, drawing, human, node, path
from engine_support import decide, deploy, rows, start, task_of, value
from flask import Flask

from engine import definitions, examination
from engine.bpmn import parts
from engine.child import Child
from engine.database import transaction
from engine.errors import InvalidDefinition, NotFound
from models import db

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="tests"><decision id="{key}" name="{key}">
<decisionTable id="t" hitPolicy="UNIQUE"><input id="i"><inputExpression id="e" typeRef="string"><text>kind</text></inputExpression></input>
<output id="o" name="who" typeRef="string"/><rule id="r"><inputEntry id="x"><text>-</text></inputEntry>
<outputEntry id="y"><text>"{who}"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
RULED = drawing(
    START, node("businessRuleTask", "rule", camunda_decisionRef="who", camunda_mapDecisionResult="singleEntry", camunda_resultVariable="boss"),
    human("a", "${boss}"), END, path("start", "rule", "a", "end"), key="ruled",
)  # fmt: skip


def simple(key: str, who: str = "wang.fang") -> bytes:
    return drawing(START, human("a", who), END, path("start", "a", "end"), key=key)


def put(*, once: bool = False, **files: bytes) -> list[tuple[str, int]]:
    with transaction() as session:
        made = definitions.deploy(session, {name.replace("_", "."): content for name, content in files.items()}, by=None, once=once)
        return [(row.key, row.version) for row in made]


def test_the_same_manifest_is_the_same_version_even_after_another_one(app: Flask) -> None:
    assert put(a_bpmn=simple("p")) == [("p", 1)]
    assert put(a_bpmn=simple("p", "wu.gang")) == [("p", 2)]
    assert put(a_bpmn=simple("p", "wu.gang")) == [("p", 2)]


def test_a_former_drawing_that_is_deployed_again_is_the_newest_and_cases_begin_with_it(app: Flask) -> None:
    good, bad = simple("p"), simple("p", "wu.gang")
    put(a_bpmn=good)
    put(a_bpmn=bad)
    assert put(a_bpmn=good) == [("p", 3)]
    assert value("SELECT assignee FROM user_task WHERE instance_id = :case", case=start("p").case.id) == "wang.fang"
    assert put(a_bpmn=good) == [("p", 3)]


def test_what_comes_with_the_product_stays_behind_what_a_designer_made_of_it(app: Flask) -> None:
    shipped = simple("p")
    assert put(once=True, a_bpmn=shipped) == [("p", 1)]
    put(a_bpmn=simple("p", "wu.gang"))
    assert put(once=True, a_bpmn=shipped) == [("p", 1)], "at the next start"
    assert value("SELECT assignee FROM user_task WHERE instance_id = :case", case=start("p").case.id) == "wu.gang"
    assert put(once=True, a_bpmn=simple("p", "zhao.lei")) == [("p", 3)], "a newer one of the product"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'{"components": [],\n "id": "f",}', 2), (b"[" * 100_000, 1), (b'{"components": [], "max": NaN}', 1), (b'{"id": "\\ud800"}', 1), (b"", 1),
        (b'{"components": [], "properties": ' + b"[" * 100 + b"]" * 100 + b"}", None), (b'{"components": []}' + b" " * 2_000_000, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["f.form", "f.json"])
def test_a_form_that_cannot_be_read_is_refused_and_not_left_out(app: Flask, content: bytes, line: int | None, name: str) -> None:
    drawn = drawing(
        START, node("userTask", "a", camunda_assignee="wang.fang", camunda_formRef="f"), END, path("start", "a", "end"), key="p"
    )
    with pytest.raises(InvalidDefinition) as caught:
        put(**{"a_bpmn": drawn, name.replace(".", "_"): content})
    assert [(fault.code, fault.file, fault.line) for fault in caught.value.faults] == [("form-invalid", name, line)]


def test_a_changed_table_is_a_new_version_of_the_process_that_asks_it(app: Flask) -> None:
    one, two = (TABLE.format(key="who", who=who).encode() for who in ("wang.fang", "wu.gang"))

    assert put(r_bpmn=RULED, t_dmn=one) == [("ruled", 1)]
    old = start("ruled", kind="office")
    assert put(r_bpmn=RULED, t_dmn=two) == [("ruled", 2)]

    assert value("SELECT assignee FROM user_task WHERE instance_id = :case", case=old.case.id) == "wang.fang"
    assert value("SELECT assignee FROM user_task WHERE instance_id = :case", case=start("ruled", kind="office").case.id) == "wu.gang"
    assert decide(task_of(old)).case.status == "completed"


def test_row_migrate_workflow(app: Flask) -> None:
    """Reference, section 4: nothing is migrated, by decision. A running case stays on its version when a new one is deployed, and keeps what it holds."""
    put(a_bpmn=simple("p"))
    old = start("p", draft="mine")
    put(a_bpmn=drawing(START, human("a"), human("later"), END, path("start", "a", "later", "end"), key="p"))

    done = decide(task_of(old))

    assert (done.case.status, done.execution.memory.variables["draft"]) == ("completed", "mine")
    assert (
        value(
            "SELECT d.version FROM process_instance i JOIN process_definition d ON d.id = i.definition_id WHERE i.id = :case",
            case=old.case.id,
        )
        == 1
    )
    decide(task_of(fresh := start("p")))
    assert value("SELECT count(*) FROM user_task WHERE instance_id = :case AND element = 'later'", case=fresh.case.id) == 1


def test_a_table_that_was_deployed_before_is_pinned_in_its_newest_form(app: Flask) -> None:
    """A drawing whose decision is in none of its files takes the newest, and keeps it."""
    one, two, three = (TABLE.format(key="who", who=who).encode() for who in ("li.na", "wang.fang", "wu.gang"))
    other = RULED.replace(b'id="ruled"', b'id="other"')

    assert put(r_bpmn=RULED, t_dmn=one) == [("ruled", 1)]
    assert put(r_bpmn=RULED, t_dmn=two) == [("ruled", 2)]
    assert put(o_bpmn=other) == [("other", 1)]
    assert put(r_bpmn=RULED, t_dmn=three) == [("ruled", 3)]

    case = start("other", kind="office")
    assert value("SELECT assignee FROM user_task WHERE instance_id = :case", case=case.case.id) == "wang.fang"
    with transaction() as session:
        manifest = definitions.latest(session, "other").hashes
    assert sorted(manifest) == [f"earlier-{sha256(two).hexdigest()[:12]}-t.dmn", "o.bpmn"]
    assert put(o_bpmn=other) == [("other", 2)], "the newest table is another one now"


def test_a_decision_that_was_never_deployed_is_refused(app: Flask) -> None:
    with pytest.raises(InvalidDefinition) as error:
        put(r_bpmn=RULED)

    assert [(fault.code, fault.element) for fault in error.value.faults] == [("decision-missing", "rule")]


def test_two_tables_of_one_name_are_refused(app: Flask) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        put(r_bpmn=RULED, a_dmn=TABLE.format(key="who", who="a").encode(), b_dmn=TABLE.format(key="who", who="b").encode())

    assert [fault.code for fault in refused.value.faults] == ["decision-twice"]


def test_eight_deployers_at_once_number_without_gaps_or_repeats(app: Flask) -> None:
    def one(number: int) -> None:
        with app.app_context():
            put(a_bpmn=simple("race", f"person.{number}"))
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))

    found = rows("SELECT version FROM process_definition WHERE key = 'race' ORDER BY version")
    assert [row.version for row in found] == list(range(1, 9))


def test_eight_deployers_of_the_same_file_make_one_version(app: Flask) -> None:
    def one(_: int) -> None:
        with app.app_context():
            put(a_bpmn=simple("same"))
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))

    assert value("SELECT count(*) FROM process_definition WHERE key = 'same'") == 1


def test_the_authors_bytes_are_kept_under_their_sha256(app: Flask) -> None:
    xml = simple("kept")
    put(a_bpmn=xml)

    digest = value("SELECT bpmn_sha256 FROM process_definition WHERE key = 'kept'")

    assert digest == sha256(xml).hexdigest()
    assert bytes(value("SELECT content FROM resource WHERE sha256 = :digest", digest=digest)) == xml


def test_a_refused_deployment_leaves_no_row_at_all(app: Flask) -> None:
    before = rows("SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM resource)")

    with pytest.raises(InvalidDefinition):
        put(good_bpmn=simple("good"), bad_bpmn=drawing(START, END))

    assert rows("SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM resource)") == before


@pytest.mark.parametrize("count", [0, 51])
def test_a_deployment_has_one_to_fifty_files(app: Flask, count: int) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        put(**{f"f{number}_bpmn": simple(f"p{number}") for number in range(count)})

    assert [fault.code for fault in refused.value.faults] == ["file-count"]


# the administrator's table of Java names

JAVA = drawing(START, node("serviceTask", "mail", camunda_class="com.acme.Mailer"), END, path("start", "mail", "end"), key="java")


def refusal(**files: bytes) -> list[tuple[str, str | None]]:
    with pytest.raises(InvalidDefinition) as refused:
        put(**files)
    return [(fault.code, fault.element) for fault in refused.value.faults]


def test_a_java_class_is_the_operation_of_the_table_in_the_home_folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    table = tmp_path / "delegates.toml"
    assert refusal(a_bpmn=JAVA) == [("java-not-supported", "mail"), ("operation-missing", "mail")]

    table.write_text('[operations]\n"com.acme.Mailer" = "no.such"\n', encoding="utf-8")
    assert refusal(a_bpmn=JAVA) == [("operation-unknown", "mail")]

    table.write_text('[operations]\n"com.acme.Mailer" = "oa.notify"\n', encoding="utf-8")
    assert put(a_bpmn=JAVA) == [("java", 1)]
    assert put(a_bpmn=JAVA) == [("java", 1)]


def test_another_table_is_another_version_and_changes_no_running_one(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    table = tmp_path / "delegates.toml"
    for number, operation in enumerate(("oa.notify", ""), 1):
        table.write_text(f'[operations]\n"com.acme.Mailer" = "{operation}"\n', encoding="utf-8")
        assert put(a_bpmn=JAVA) == [("java", number)]
    definitions._definitions.clear()
    table.unlink()

    with transaction() as session:
        versions = [
            definitions.get(session, row.id) for row in rows("SELECT id FROM process_definition WHERE key = 'java' ORDER BY version")
        ]

    assert [definition.model.elements["mail"].operation for definition in versions] == ["oa.notify", None]


@pytest.mark.parametrize(("operation", "refused"), [("invoice.check", []), ("oa.notify", [("listener-not-supported", "a")])])
def test_a_listener_waits_for_nobody_outside(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, refused: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    (tmp_path / "delegates.toml").write_text(f'[operations]\n"x.Told" = "{operation}"\n', encoding="utf-8")
    listener = '<extensionElements><camunda:taskListener class="x.Told" event="create"/></extensionElements>'
    xml = drawing(START, node("userTask", "a", listener, camunda_assignee="li.na"), END, path("start", "a", "end"), key="told")

    if refused:
        assert refusal(a_bpmn=xml) == refused
    else:
        assert put(a_bpmn=xml) == [("told", 1)]


@pytest.mark.parametrize("table", ["[operations", '[operations]\n"a" = 1', "[other]", 'operations = "x"'])
def test_a_table_that_cannot_be_read_is_told(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    monkeypatch.setenv("SHENPI_HOME", str(tmp_path))
    (tmp_path / "delegates.toml").write_text(table, encoding="utf-8")

    assert refusal(a_bpmn=JAVA) == [("delegates-invalid", None)]


def test_a_drawing_that_hangs_its_reader_is_refused_and_stores_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "from engine.child import serve\ndef answer(question):\n    while True: pass\nserve(answer)"
    hanging = Child([sys.executable, "-c", program])
    before = rows("SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM resource)")

    with monkeypatch.context() as patch, transaction() as session, pytest.raises(InvalidDefinition) as refused:
        patch.setattr(examination, "child", hanging)
        definitions.deploy(session, {"a.bpmn": simple("hangs")}, by=None, seconds=0.3)

    assert [fault.code for fault in refused.value.faults] == ["deadline"]
    assert rows("SELECT (SELECT count(*) FROM deployment), (SELECT count(*) FROM resource)") == before
    assert put(a_bpmn=simple("hangs")) == [("hangs", 1)]


def test_a_definition_accepted_by_an_earlier_reader_stays_readable(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    put(a_bpmn=simple("older"))
    monkeypatch.setattr(parts, "READ", parts.READ - {"assignee"})
    definitions._definitions.clear()

    with transaction() as session:
        assert definitions.latest(session, "older").model.elements["a"].assignment.assignee == "wang.fang"


def test_what_is_not_there_is_not_found(app: Flask) -> None:
    with transaction() as session:
        with pytest.raises(NotFound):
            definitions.latest(session, "nothing")
        with pytest.raises(NotFound):
            definitions.get(session, uuid4())
        with pytest.raises(NotFound):
            definitions.bpmn_of(session, uuid4())


def test_a_definition_is_read_again_from_the_database_by_another_process(app: Flask) -> None:
    deploy(simple("again"))
    step = start("again")
    definitions._definitions.clear()

    assert decide(task_of(step)).case.status == "completed"
