"""Deployments and process definitions: files in, checked versions out, and the definition that a running case is pinned to."""

import tomllib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engine import operations, start_events
from engine.bpmn.model import HUMAN, Element, ProcessModel
from engine.bpmn.reader import processes, read, read_process
from engine.bpmn.reading import written
from engine.bpmn.xml import parse
from engine.database.prepared import Prepared
from engine.database.transaction import read_clock
from engine.dmn import Decision
from engine.dmn import read as read_decisions
from engine.errors import Fault, InvalidDefinition, NotFound
from engine.examination import DRAWINGS, SECONDS, Asked, Examination, examine_apart
from engine.execution import Program, load_program
from engine.history.events import exact
from engine.settings import read_settings
from models.repository import Deployment, ProcessDefinition, Resource
from models.runtime import ProcessInstance

CACHE_SIZE = 256
MAX_FILES = 50
EARLIER = "earlier-"  #: before the name of a file that was deployed before and is pinned


@dataclass(frozen=True, slots=True)
class Definition:
    """A process definition ready to run in this process: its program and its decision tables."""

    id: UUID
    key: str
    version: int
    name: str | None
    manifest_hash: str
    program: Program
    decisions: Mapping[str, Decision]
    hashes: Mapping[str, str]  #: file name -> sha256

    @property
    def model(self) -> ProcessModel:
        return self.program.model


_definitions: OrderedDict[UUID, Definition] = OrderedDict()
_lock = Lock()


def deploy(
    session: Session,
    files: Mapping[str, bytes],
    *,
    by: str | None,
    name: str = "",
    delegates: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    once: bool = False,
) -> list[ProcessDefinition]:
    """Check files and make a version of every executable process in them; returns the definitions, in the order of the files.

    Refuses with `InvalidDefinition`, all faults of all files at once, and stores nothing then. The other parameters are those of `inspect` and `store`.
    """
    return store(session, files, inspect(files, delegates=delegates, seconds=seconds), by=by, name=name, once=once)


def inspect(files: Mapping[str, bytes], *, delegates: Mapping[str, str] | None = None, seconds: float = SECONDS) -> Examination:
    """Check files and return what was found out about them, with what the designer should look at; stores nothing.

    Refuses with `InvalidDefinition`, all faults of all files at once. The files are read in a process of its own that has so many `seconds`. `delegates` maps
    names of Java classes, delegate expressions and listeners to operations; without it the administrator's table in the home folder holds.
    """
    if not 0 < len(files) <= MAX_FILES:
        raise InvalidDefinition([Fault("file-count", f"文件数必须为 1 到 {MAX_FILES}", f"There must be 1 to {MAX_FILES} files")])
    found = examine_apart(files, read_delegates() if delegates is None else delegates, seconds=seconds)
    faults = [*found.faults, *_not_installed(found.operations)]
    if faults:
        raise InvalidDefinition(faults)
    return found


def read_delegates() -> dict[str, str]:
    """Return the administrator's mapping of Java names to operations, empty if there is none; refuses with `InvalidDefinition` one that is no such table."""
    path = read_settings().delegates_file
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))["operations"] if path.exists() else {}
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise ValueError("[operations] maps texts to texts")
    except (OSError, ValueError, KeyError) as error:
        zh, en = f"映射文件 {path.name} 无法读取", f"The mapping in {path.name} cannot be read: {error}"
        raise InvalidDefinition([Fault("delegates-invalid", zh, en, file=path.name)]) from error
    return table


def _not_installed(asked: Iterable[Asked]) -> Iterable[Fault]:
    """Find operations that this installation does not have, and listeners to which an outside one is mapped."""
    for one in asked:
        found = operations.find(one.operation)
        if found is None:
            zh, en = f"未注册的操作 {one.operation}", f"Operation {one.operation} is not installed"
            yield Fault("operation-unknown", zh, en, file=one.file, line=one.line, element=one.element)
        elif one.listens and found.local is None:
            zh, en = (
                f"监听器不能等待外部操作 {one.operation}；请画成服务任务",
                f"{one.operation} is an outside operation; draw a service task",
            )
            yield Fault("listener-not-supported", zh, en, file=one.file, line=one.line, element=one.element, found=one.operation)


def store(
    session: Session, files: Mapping[str, bytes], found: Examination, *, by: str | None, name: str = "", once: bool = False
) -> list[ProcessDefinition]:
    """Make a version of every executable process in files that were inspected; returns the definitions, in the order of the files.

    A process whose manifest (BPMN, decisions, forms) is the same as its newest version's stays that version; that of an older one becomes the newest again,
    which is the way back. With `once` it stays behind what was deployed since: what comes with the product does not take back what a designer made of it.

    A decision that is in none of the files is the newest that was deployed before, and is pinned as if it were among them. Refuses with `InvalidDefinition` one
    that never was, and a start event that cannot be known without a case, and stores nothing then.
    """
    earlier = _earlier(session, found.decisions)
    shared = {file: sha256(content).hexdigest() for file, content in files.items()}
    for content in files.values():
        _keep(session, content)
    deployment = Deployment(name=name or next(iter(files)), by=by, files=shared)
    session.add(deployment)
    session.flush()
    made: list[ProcessDefinition] = []
    for file, xml in found.normalised.items():
        normalised = _keep(session, xml.encode())
        # what the child accepted in time is read again here: a model never crosses from one process to the other
        root = parse(xml.encode(), file)
        for node in processes(root):
            made.append(_version(session, read_process(node, file), file, shared, earlier, normalised, written(root), deployment, once))
    return made


def _earlier(session: Session, wanted: Iterable[Asked]) -> dict[str, tuple[str, str]]:
    """Return the newest file of each decision that was deployed before: its key, and under which name and hash it is pinned."""
    missing: dict[str, list[Asked]] = {}
    for one in wanted:
        missing.setdefault(one.operation, []).append(one)
    found: dict[str, tuple[str, str]] = {}
    rows = session.scalars(select(Deployment.files).order_by(Deployment.created_at.desc(), Deployment.id.desc())) if missing else ()
    for files in rows:
        for name, digest in files.items():
            if name.endswith(".dmn") and missing.keys() - found.keys():
                content = session.execute(select(Resource.content).where(Resource.sha256 == digest)).scalar_one()
                for key in (read_decisions(content, name).keys() & missing.keys()) - found.keys():
                    found[key] = (f"{EARLIER}{digest[:12]}-{name.removeprefix(EARLIER)}", digest)
    faults = [
        Fault(
            "decision-missing",
            f"缺少决策表 {key}",
            f"Decision {key} is in none of the files and was never deployed",
            one.file,
            one.line,
            one.element,
        )
        for key in missing.keys() - found.keys()
        for one in missing[key]
    ]
    if faults:
        raise InvalidDefinition(faults)
    return found


def _keep(session: Session, content: bytes) -> str:
    digest = sha256(content).hexdigest()
    session.execute(insert(Resource).values(sha256=digest, content=content).on_conflict_do_nothing())
    return digest


def _version(
    session: Session,
    model: ProcessModel,
    file: str,
    shared: Mapping[str, str],
    earlier: Mapping[str, tuple[str, str]],
    normalised: str,
    delegates: Mapping[str, str],
    deployment: Deployment,
    once: bool,
) -> ProcessDefinition:
    used = {element.decision_ref for element in model.elements.values() if element.decision_ref}
    others = {name: digest for name, digest in shared.items() if name != file and (not name.endswith(".dmn") or used)}
    others |= dict(earlier[key] for key in sorted(used & earlier.keys()))
    manifest: dict[str, Any] = {
        "process": model.id,
        "bpmn": {file: shared[file]},
        "others": {name: d for name, d in others.items() if not name.endswith(DRAWINGS)},
    }
    if delegates:
        manifest["delegates"] = dict(delegates)
    manifest_hash = sha256(exact(manifest)).hexdigest()
    # one deployer of a key at a time, or two could give the same number
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"definition:{model.id}"})
    newest = session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.key == model.id).order_by(ProcessDefinition.version.desc()).limit(1)
    ).first()
    if newest is not None and newest.manifest_hash == manifest_hash:
        return newest
    former = (
        select(ProcessDefinition).filter_by(key=model.id, manifest_hash=manifest_hash).order_by(ProcessDefinition.version.desc()).limit(1)
    )
    if once and (same := session.scalars(former).first()) is not None:
        return same
    definition = ProcessDefinition(
        key=model.id,
        version=newest.version + 1 if newest else 1,
        name=model.name,
        deployment_id=deployment.id,
        manifest=manifest,
        manifest_hash=manifest_hash,
        bpmn_sha256=shared[file],
        normalised_sha256=normalised,
        steps="\n".join(name for task in model.of_kind(HUMAN) for name in (task.name, task.id) if name),
        subject_kind=model.subject_kind,
        business_key_prefix=model.business_key_prefix,
    )
    if newest is not None:  # a process that is suspended stays so
        definition.suspended_at, definition.suspended_by, definition.suspended_reason = (
            newest.suspended_at, newest.suspended_by, newest.suspended_reason
        )  # fmt: skip
    session.add(definition)
    session.flush()
    start_events.replace(session, definition, model, read_clock(session))
    return definition


_LATEST = Prepared("SELECT id FROM process_definition WHERE key = %(key)s::text ORDER BY version DESC LIMIT 1")


def latest(session: Session, key: str) -> Definition:
    """Return the newest version of a process; `NotFound` when there is none."""
    row = _LATEST.run(session, {"key": key}).fetchone()
    if row is None:
        raise NotFound(kind="process definition")
    return get(session, row.id)


def get(session: Session, definition_id: UUID) -> Definition:
    """Return a definition ready to run, from this process's cache or from the database; `NotFound` for an unknown id."""
    with _lock:
        definition = _definitions.get(definition_id)
        if definition is not None:
            _definitions.move_to_end(definition_id)
            return definition
    row = session.get(ProcessDefinition, definition_id)
    if row is None:
        raise NotFound(kind="process definition")
    definition = _load(session, row)
    with _lock:
        _definitions[definition_id] = definition
        while len(_definitions) > CACHE_SIZE:
            _definitions.popitem(last=False)
    return definition


def _load(session: Session, row: ProcessDefinition) -> Definition:
    def content(digest: str) -> bytes:
        return session.execute(select(Resource.content).where(Resource.sha256 == digest)).scalar_one()

    def model() -> ProcessModel:
        root = parse(content(row.normalised_sha256), row.key)
        node = next(process for process in processes(root) if process.get("id") == row.key)
        # what an earlier reader accepted stays as it was read, whatever this one would refuse
        return read(node, row.key)[0]

    decisions: dict[str, Decision] = {}
    # of two tables with one key the one deployed together with the drawing holds
    for name, digest in sorted(row.manifest["others"].items(), key=lambda other: not other[0].startswith(EARLIER)):
        if name.endswith(".dmn"):
            decisions.update(read_decisions(content(digest), name))
    program = load_program(f"{row.normalised_sha256}:{row.key}", model)
    hashes = {**row.manifest["bpmn"], **row.manifest["others"]}
    return Definition(row.id, row.key, row.version, row.name, row.manifest_hash, program, decisions, hashes)


def called(session: Session, caller: Definition, key: str, binding: str, version: str | None) -> Definition:
    """Return the definition that a call activity calls: the newest, the one deployed together with its caller, or one version (by number or tag).

    Refuses with `NotFound` when there is none.
    """
    wanted = select(ProcessDefinition.id).filter_by(key=key).order_by(ProcessDefinition.version.desc())
    if binding == "deployment":
        same = select(ProcessDefinition.deployment_id).where(ProcessDefinition.id == caller.id).scalar_subquery()
        wanted = wanted.where(ProcessDefinition.deployment_id == same)
    elif binding == "version":
        wanted = wanted.where(ProcessDefinition.version == (int(version) if version and version.isdecimal() and len(version) < 10 else 0))
    for identity in session.scalars(wanted):
        found = get(session, identity)
        if binding != "versionTag" or found.model.version_tag == version:
            return found
    raise NotFound(kind="process definition")


def element_of(session: Session, instance_id: UUID, element: str) -> Element | None:
    """Return an element of a case's drawing, or of a process that it has called; None when there is no such."""
    entered = text(
        "SELECT convert_from(body, 'UTF8')::jsonb -> 'data' ->> 'id' FROM history_event WHERE instance_id = :case AND type = 'call:entered'"
    )
    own = session.execute(select(ProcessInstance.definition_id).where(ProcessInstance.id == instance_id)).scalar_one()
    found = get(session, own).model.elements.get(element)
    if found is None:
        called = (get(session, UUID(identity)) for identity in session.scalars(entered, {"case": instance_id}))
        found = next((definition.model.elements[element] for definition in called if element in definition.model.elements), None)
    return found


def bpmn_of(session: Session, definition_id: UUID) -> bytes:
    """Return the author's own XML of a definition; `NotFound` for an unknown id."""
    content = session.execute(
        select(Resource.content)
        .join(ProcessDefinition, ProcessDefinition.bpmn_sha256 == Resource.sha256)
        .where(ProcessDefinition.id == definition_id)
    ).scalar()
    if content is None:
        raise NotFound(kind="process definition")
    return content
