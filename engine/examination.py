"""Files from strangers, read and checked in a process of their own: what comes back is plain data, and what hangs or grows is ended.

The child parses, reads, checks and normalises, and answers with JSON: faults, warnings, names, and the XML that would run. Nothing is stored here.
"""

import atexit
import base64
import sys
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson
from lxml import etree

from engine.bpmn.checks import check
from engine.bpmn.doubts import doubts
from engine.bpmn.formfiles import broken, fill
from engine.bpmn.model import HUMAN, RULE, ProcessModel
from engine.bpmn.naming import NODES
from engine.bpmn.normaliser import include, normalise
from engine.bpmn.places import fault
from engine.bpmn.reader import processes, read
from engine.bpmn.syntax import TRUTHS
from engine.bpmn.times import is_literal
from engine.bpmn.variables import undefined_variables
from engine.bpmn.xml import MAX_BYTES, is_bpmn, line_of, local, parse, tag
from engine.child import Child, ChildLost, serve
from engine.dmn import read as read_decisions
from engine.errors import Fault, InvalidDefinition

DRAWINGS = (".bpmn", ".bpmn20.xml", ".xml")
SECONDS = 10.0
MAX_PROCESSES = 100  #: of one file
MOST = 1_000  #: faults and warnings that are told; nobody reads more


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation or decision that an element asks for."""

    operation: str
    file: str
    line: int | None
    element: str
    listens: bool = False  #: a listener asks, which waits for no answer from outside


@dataclass(slots=True)
class Examination:
    """What was found out about the files of a deployment."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    processes: list[tuple[str, str]] = field(default_factory=list)  #: file and key, in the order of the files
    operations: list[Asked] = field(default_factory=list)
    decisions: list[Asked] = field(default_factory=list)  #: decisions that are in none of the files: they must have been deployed before
    normalised: dict[str, str] = field(default_factory=dict)  #: file -> the XML that would run


def examine(files: Mapping[str, bytes], delegates: Mapping[str, str] | None = None) -> Examination:
    """Read and check files here and now, in this process."""
    found = Examination()
    found.faults.extend(broken(files))
    files = {name: content for name, content in files.items() if name not in {fault.file for fault in found.faults}}
    decisions: set[str] = set()
    for file, content in files.items():
        if file.endswith(".dmn"):
            of_table(file, content, decisions, found)
    for file, content in files.items():
        if file.endswith(DRAWINGS):
            of_drawing(file, content, files, decisions, delegates or {}, found)
    found.faults.extend(twice(found.processes))
    if not found.processes and not found.faults:
        found.faults.append(Fault("no-process", "没有可执行的流程", "There is no executable process in these files"))
    return found


def of_table(file: str, content: bytes, decisions: set[str], found: Examination) -> None:
    """Add the keys of the decisions in a file; one that is there already is a fault."""
    try:
        keys = read_decisions(content, file).keys()
    except InvalidDefinition as error:
        found.faults.extend(error.faults)
        return
    for key in sorted(keys & decisions):
        zh, en = f"决策表 {key} 重复", f"Decision {key} is in these files more than once"
        found.faults.append(Fault("decision-twice", zh, en, file=file, element=key))
    decisions.update(keys)


def of_drawing(
    file: str, content: bytes, files: Mapping[str, bytes], decisions: set[str], delegates: Mapping[str, str], found: Examination
) -> None:
    try:
        root = parse(content, file)
    except InvalidDefinition as error:
        found.faults.extend(error.faults)
        return
    include(root, files)
    fill(root, files)
    before = len(found.faults)
    if len(processes(root)) > MAX_PROCESSES:
        zh, en = f"流程超过 {MAX_PROCESSES} 个", f"A file has at most {MAX_PROCESSES} processes"
        found.faults.append(Fault("too-complex", zh, en, file=file))
        return
    idle(root, file, found)
    for node in processes(root):
        told: list[Fault] = []
        model, faults = read(node, file, delegates, told)
        too_large = any(fault.code == "too-complex" for fault in faults)
        faults += [] if too_large else check(model, file)
        if not model.id:
            faults.append(Fault("id-missing", "流程缺少 id", "The process has no id", file=file, line=line_of(node)))
        found.faults.extend(sorted(dict.fromkeys(faults), key=lambda fault: fault.line or 0))
        found.decisions.extend(missing_decisions(model, file, decisions))
        found.processes.append((file, model.id))
        found.operations.extend(asked(model, file))
        if not faults:
            seen = [replace(warning, file=file) for warning in (*told, *warnings(model))]
            found.warnings.extend(warning for warning in sorted(seen, key=lambda one: one.line or 0) if warning not in found.warnings)
    if len(found.faults) == before and processes(root):
        found.normalised[file] = normalise(root, delegates).decode()
        if len(found.normalised[file]) > MAX_BYTES:  # with the forms in it, it could not be read again
            zh, en = f"流程连同表单超过 {MAX_BYTES} 字节", f"The drawing and its forms are larger than {MAX_BYTES} bytes together"
            found.faults.append(Fault("too-large", zh, en, file=file))


def idle(root: etree._Element, file: str, found: Examination) -> None:
    """Tell which processes of a file would not run. Where none would, nothing is deployed, and it is said how one is made to."""
    running = processes(root)
    for node in root.iterchildren(tag("process")):
        said = node.get("isExecutable")
        if said is not None and said.strip() not in TRUTHS:
            zh, en = "isExecutable 只能为 true 或 false", f"isExecutable is true or false, not {said[:50]!r}"
            found.faults.append(Fault("boolean-invalid", zh, en, file, line_of(node), node.get("id"), found=said[:200]))
        elif node not in running and any(is_bpmn(part) and local(part) in NODES for part in node.iterchildren(etree.Element)):
            name = node.get("id")
            zh, en = f"流程 {name} 未标记为可执行，不会运行", f"The process {name} is not marked executable and does not run"
            if running:
                found.warnings.append(Fault("process-not-executable", zh, en, file, line_of(node), name))
                continue
            zh, en = f'{zh}：请设置 isExecutable="true"', f'{en}: set isExecutable="true" on it ("Executable" in the modeler)'
            found.faults.append(Fault("no-process", zh, en, file, line_of(node), name))


def missing_decisions(model: ProcessModel, file: str, decisions: set[str]) -> Iterable[Asked]:
    """Find decisions that are in none of the files; what an expression gives is known only when it runs."""
    for element in model.elements.values():
        if element.kind == RULE and element.decision_ref and is_literal(element.decision_ref) and element.decision_ref not in decisions:
            yield Asked(element.decision_ref, file, element.line, element.id)


def warnings(model: ProcessModel) -> list[Fault]:
    """Return what runs and should be looked at all the same: people, forms and variables that may be missing; in the order of the file."""
    found = [*unshown(model), *unseen(model), *doubts(model), *undefined_variables(model)]
    return sorted(found, key=lambda warning: warning.line or 0)


def unshown(model: ProcessModel) -> Iterable[Fault]:
    """Find forms that are kept by their key only, so that whoever does the task sees no fields, and tasks for which nobody is named."""
    for element in model.elements.values():
        wanted = element.assignment
        if element.kind == HUMAN and not (wanted.assignee or wanted.candidate_users or wanted.candidate_groups):
            yield fault("nobody-asked", "没有指定处理人或候选人，将由管理员处理", "Nobody is named; the administrators are asked", element)
        if element.form_key and not element.form and element.schema is None:
            zh, en = (
                f"表单 {element.form_key} 不在文件中，不显示字段",
                f"The form {element.form_key} is in none of the files; no fields are shown",
            )
            yield fault("form-not-shown", zh, en, element, element.form_key[:200])


def unseen(model: ProcessModel) -> Iterable[Fault]:
    """Find variables that a form reads and its task does not declare: the form never sees them, so what depends on them never happens."""
    for element in model.elements.values():
        form = element.schema
        for name in sorted(form.reads - {key.partition(".")[0] for key in form.shows} - {*element.sees}) if form is not None else ():
            zh, en = (
                f"表单读取 {name}，但任务没有声明 sees",
                f"The form reads {name}, which is no field of it and not among what the task sees",
            )
            yield fault("form-reads-undeclared", zh, en, element, name)


def asked(model: ProcessModel, file: str) -> Iterable[Asked]:
    """Return every operation that a process asks for, by its elements, the messages they throw, and their listeners."""
    for element in model.elements.values():
        names = [element.operation, *(event.operation for event in element.events)]
        yield from (Asked(name, file, element.line, element.id) for name in names if name)
        yield from (Asked(listener.operation, file, element.line, element.id, True) for listener in element.listeners)
    for flow in model.flows.values():
        yield from (Asked(listener.operation, file, flow.line, flow.id, True) for listener in flow.listeners)
    yield from (Asked(listener.operation, file, None, model.id, True) for listener in model.listeners)


def twice(found: Iterable[tuple[str, str]]) -> Iterable[Fault]:
    """Find processes with the id of another one: only one of them could run."""
    seen: set[str] = set()
    for file, key in found:
        if key in seen:
            zh, en = f"流程 {key} 重复", f"Process {key} is in these files more than once"
            yield Fault("process-twice", zh, en, file=file, element=key)
        seen.add(key)


# --- apart


def examine_apart(files: Mapping[str, bytes], delegates: Mapping[str, str] | None = None, *, seconds: float = SECONDS) -> Examination:
    """Read and check files in the child; one that takes too long, or too much memory, has that as its only fault."""
    question = orjson.dumps(
        {"files": {name: base64.b64encode(content).decode() for name, content in files.items()}, "delegates": dict(delegates or {})}
    )
    try:
        return restored(orjson.loads(child.ask(question, seconds)))
    except TimeoutError:
        zh, en = f"读取文件超过 {seconds:g} 秒，已终止", f"Reading the files took more than {seconds:g} seconds and was ended"
        return Examination([Fault("deadline", zh, en)])
    except ChildLost:
        zh, en = "读取文件时内存不足或程序崩溃，已终止", "Reading the files took too much memory or crashed, and was ended"
        return Examination([Fault("too-complex", zh, en)])


def restored(answer: dict[str, Any]) -> Examination:
    """Return what the child said."""
    return Examination(
        [Fault(**fault) for fault in answer["faults"]],
        [Fault(**fault) for fault in answer["warnings"]],
        [(file, key) for file, key in answer["processes"]],
        [Asked(**one) for one in answer["operations"]],
        [Asked(**one) for one in answer["decisions"]],
        answer["normalised"],
    )


def answer(question: bytes) -> bytes:
    """Examine the files of one question; the child's part."""
    asked_for = orjson.loads(question)
    files = {name: base64.b64decode(content) for name, content in asked_for["files"].items()}
    try:
        found = examine(files, asked_for["delegates"])
    except Exception as error:  # a mistake of ours, or memory: whoever deploys is told, the log says more
        traceback.print_exc()
        zh, en = "读取文件时发生内部错误", f"Reading the files failed: {type(error).__name__}"
        found = Examination([Fault("unreadable", zh, en)])
    del found.faults[MOST:], found.warnings[MOST:]
    return orjson.dumps(asdict(found))


child = Child([sys.executable, "-m", "engine.examination"])
atexit.register(child.stop)

if __name__ == "__main__":
    serve(answer)
