"""What makes a drawing impossible to run, found at deployment with its place: structure, names, references, expressions, times."""

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.bpmn import model
from engine.bpmn.model import Element, Listener, ProcessModel
from engine.bpmn.places import fault
from engine.bpmn.policies import REVOKE, WITHDRAW, check_policy
from engine.bpmn.shape import shape_of
from engine.bpmn.structure import check_structure
from engine.bpmn.texts import check_texts
from engine.bpmn.times import is_literal, is_retry, is_time
from engine.errors import Fault
from engine.language.pattern import compile_pattern

MAX_NESTING = 20  #: sub-processes inside one another
LONGEST_ID = 200
LONGEST_NAME = 1000
MAX_OUTCOMES, MAX_FIELDS = 20, 200
PREFIX = re.compile("[A-Za-z]{1,8}")
INITIATOR = "initiator"  #: in `shenpi:notBy`, who began the case
RESERVED = {"outcome", "decisions"}  #: variables that decisions write
LISTENED = frozenset({"start", "end", "take", "create", "complete"})  #: events of listeners that the execution tells its operations of
MAPPINGS = {"singleEntry", "singleResult", "collectEntries", "resultList", "flowable", "flowable-required"}


def check(process: ProcessModel, file: str) -> list[Fault]:
    """Return every fault of a process; an empty list means that it can be deployed."""
    too_large = [replace(found, file=file) for found in size(process)]
    if too_large:  # looking at each element would take minutes
        return too_large
    shape = shape_of(process)
    faults = [*names(process), *check_structure(shape)]
    for element in process.elements.values():
        faults.extend(of_element(element))
        faults.extend(of_form(element))
        faults.extend(of_declared(element))
        faults.extend(of_names(element))
        faults.extend(of_times(element))
        faults.extend(check_policy(element, process.elements))
        faults.extend(of_duties(element, process))
    faults.extend(of_process(process))
    for flow in process.flows.values():
        faults.extend(found for listener in flow.listeners for found in of_listener(listener, flow.id, flow.line))
    faults.extend(found for listener in process.listeners for found in of_listener(listener, process.id, None))
    faults.extend(check_texts(process))
    return [replace(found, file=file) for found in faults]


def size(process: ProcessModel) -> Iterator[Fault]:
    depths: dict[str | None, int] = {None: 0}
    for element in process.elements.values():  # a sub-process comes before what is in it
        depths[element.id] = depths.get(element.parent, 0) + (element.kind in model.SCOPES)
    if max(depths.values()) > MAX_NESTING:
        yield fault("too-complex", f"子流程嵌套超过 {MAX_NESTING} 层", f"Sub-processes nested more than {MAX_NESTING} deep")


def of_process(process: ProcessModel) -> Iterator[Fault]:
    """Look at what the process says of withdrawing and revoking."""
    for attribute, value, known in (("withdraw", process.withdraw, WITHDRAW), ("revoke", process.revoke, REVOKE)):
        if value not in known:
            zh, en = f"{attribute} 须为：{'、'.join(known)}", f"{attribute} is one of {', '.join(known)}"
            yield Fault("policy-invalid", zh, en, element=process.id, path=attribute, found=value[:100])


def names(process: ProcessModel) -> Iterator[Fault]:
    """What the database's own keys and numbers can hold."""
    for identity in (process.id, *process.elements, *process.flows):
        if len(identity) > LONGEST_ID:
            zh, en = f"id 超过 {LONGEST_ID} 字", f"An id has at most {LONGEST_ID} characters"
            yield Fault("id-too-long", zh, en, element=identity[:LONGEST_ID])
        elif identity and (not identity.isprintable() or any(letter.isspace() for letter in identity)):
            yield Fault(
                "id-invalid", "id 不能含空白或控制字符", "An id has no white space and nothing that cannot be printed", element=identity
            )
    for owner, name in ((process.id, process.name), *((element.id, element.name) for element in process.elements.values())):
        if name and len(name) > LONGEST_NAME:
            yield Fault("name-too-long", f"名称超过 {LONGEST_NAME} 字", f"A name has at most {LONGEST_NAME} characters", element=owner)
    if not PREFIX.fullmatch(process.business_key_prefix):
        zh, en = "单号前缀须为 1 到 8 个英文字母", "A business key prefix has 1 to 8 Latin letters"
        yield Fault("prefix-invalid", zh, en, element=process.id, found=process.business_key_prefix[:100])


def of_element(element: Element) -> Iterator[Fault]:
    """Look at what an activity needs to be able to run."""
    does = element.operation or element.script is not None
    if element.kind == model.RULE and not element.decision_ref and not does:
        yield fault("decision-missing", "业务规则任务没有决策表", "The business rule task names no decision", element)
    if element.kind == model.SERVICE and not does:
        yield fault("operation-missing", "服务任务没有指定操作", "The service task names no operation", element)
    if element.kind == model.SEND and not does and not element.events:
        yield fault("message-missing", "发送任务没有指定消息或操作", "The send task names neither a message nor an operation", element)
    if element.kind == model.CALL and (element.called is None or not element.called.key):
        yield fault("called-missing", "调用活动没有指定流程", "The call activity names no process", element)
    if element.called is not None and element.called.binding in ("version", "versionTag"):
        number = element.called.version or ""
        if not number or (element.called.binding == "version" and is_literal(number) and not number.strip().isdecimal()):
            yield fault(
                "binding-version", "调用活动缺少有效的版本", f"The call is bound to the {element.called.binding} {number!r}", element
            )
    if element.triggered and element.kind not in (model.SERVICE, model.SEND, model.RULE, model.SCRIPT):
        yield fault(
            "extension-not-supported", f"{element.kind} 不能等待触发", f"A {element.kind} is not triggerable", element, "triggerable"
        )
    for listener in element.listeners:
        yield from of_listener(listener, element.id, element.line)
    if element.map_result not in MAPPINGS:
        yield fault("mapping-unknown", "未知的结果映射", f"mapDecisionResult {element.map_result} is not known", element)


def of_duties(element: Element, process: ProcessModel) -> Iterator[Fault]:
    """Refuse a separation of duties that names no other user task, or stands where nobody decides."""
    for name in element.not_by:
        other = process.elements.get(name)
        if element.kind != model.HUMAN:
            yield fault("duty-invalid", "职责分离只能写在用户任务上", "Only a user task can be kept from people", element, name)
        elif name != INITIATOR and (other is None or other.kind != model.HUMAN or other is element):
            yield fault(
                "duty-unknown",
                f"职责分离中没有其他用户任务 {name[:50]}",
                f"shenpi:notBy names no other user task: {name[:50]}",
                element,
                name,
            )


def of_listener(listener: Listener, element: str, line: int | None) -> Iterator[Fault]:
    """Refuse a listener that would be mapped to an operation and never called; mapped to nothing it is not here."""
    if listener.event not in LISTENED:
        zh, en = f"不执行 {listener.event} 监听器；请画成服务任务", f"A listener of {listener.event} is not run; draw a service task"
        yield Fault("listener-not-supported", zh, en, line=line, element=element, found=listener.operation)


def of_form(element: Element) -> Iterator[Fault]:
    seen: set[str] = set()
    outcomes = element.outcomes
    if (
        not 0 < len(outcomes) <= MAX_OUTCOMES
        or len(set(outcomes)) < len(outcomes)
        or any(len(outcome) > LONGEST_ID for outcome in outcomes)
    ):
        zh, en = f"结论须为 1 到 {MAX_OUTCOMES} 个且不重复", f"There are 1 to {MAX_OUTCOMES} different outcomes"
        yield fault("outcomes-invalid", zh, en, element)
    if len(element.form) > MAX_FIELDS:
        yield fault("too-complex", f"表单字段超过 {MAX_FIELDS} 个", f"A form has at most {MAX_FIELDS} fields", element)
    for field in element.form:
        if not is_name(field.name) or field.name in RESERVED or field.name in seen:
            zh, en = f"表单字段名无效：{field.name}", "The name of a form field is missing, reserved or taken"
            yield fault("field-name", zh, en, element, field.name)
        seen.add(field.name)
        try:
            compile_pattern(field.pattern or "")
        except ValueError as error:
            yield fault("pattern-invalid", "表单字段的格式表达式无效", f"The pattern of {field.name} is none: {error}", element)
        for limit in (field.minimum, field.maximum):
            if limit is not None and not re.fullmatch(r"\s*[-+]?\d{1,30}(\.\d{1,30})?\s*", limit):
                yield fault("field-limit", f"字段 {field.name} 的上下限不是数字", f"A limit of {field.name} is no number", element, limit)


def of_declared(element: Element) -> Iterator[Fault]:
    """Look at the variables that a task says it sees and writes, and that it has one form and not two."""
    if element.form and element.schema is not None:
        yield fault("form-twice", "既有字段又有表单文件", "It has fields of its own and a form file beside them", element)
    if (element.sees or element.writes) and element.kind != model.HUMAN:
        yield fault("attribute-unknown", "只有用户任务可以声明 sees 和 writes", "Only a user task says what it sees and writes", element)
    for name in (*element.sees, *element.writes):
        if not is_name(name):
            yield fault("name-invalid", f"变量名无效：{name}", f"{name[:50]!r} cannot be the name of a variable", element, name)
    for name in RESERVED.intersection(element.writes):
        yield fault("name-invalid", f"{name} 由系统写入", f"{name} is written by the engine", element, name)
    if len(element.sees) + len(element.writes) > MAX_FIELDS:
        yield fault("too-complex", f"声明的变量超过 {MAX_FIELDS} 个", f"A task names at most {MAX_FIELDS} variables", element)


def of_names(element: Element) -> Iterator[Fault]:
    """Find names that cannot be those of variables."""
    called, loop = element.called, element.loop
    written = [name for name, _ in (*element.inputs, *element.outputs)]
    written += [mapping.target or "" for mapping in (*called.inputs, *called.outputs) if not mapping.all] if called else []
    written += [mapping.target or "" for event in element.events for mapping in event.payload if not mapping.all]
    optional = [element.result_variable, element.initiator, element.completer, called.id_variable if called else None, *element.local]
    optional += [loop.element_variable, loop.output_collection] if loop else []
    optional += [name for event in element.events for name in (event.code_variable, event.message_variable)]
    for name in (*written, *(name for name in optional if name is not None)):
        if not is_name(name):
            yield fault("name-invalid", f"变量名无效：{name}", f"{name[:50]!r} cannot be the name of a variable", element, name)
    for event in element.events:
        if event.name is not None and len(event.name) > LONGEST_ID and is_literal(event.name):
            yield fault(
                "name-invalid", "消息、信号或代码的名称过长", f"A name or code has at most {LONGEST_ID} characters", element, event.name
            )
        for name, _ in event.keys:
            if not name or len(name) > LONGEST_ID:
                yield fault("name-invalid", "关联键没有名称", "A correlation key has a name", element, name)


def is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_ID and not name.startswith("_") and name.isprintable() and name == name.strip()


def of_times(element: Element) -> Iterator[Fault]:
    """Find literal times that never come."""
    for event in element.events:
        timer = event.timer
        if timer is not None and timer.kind != "none":
            if not timer.text:
                yield fault("timer-invalid", "定时器没有时间", "The timer has no time", element)
            elif is_literal(timer.text) and not is_time(timer.kind, timer.text):
                yield fault("timer-invalid", "定时器的时间无效", f"{timer.text[:50]!r} is no {timer.kind} of ISO 8601", element, timer.text)
    for due in (element.assignment.due_date, element.assignment.follow_up_date):
        if due and is_literal(due) and not (is_time("date", due) or is_time("duration", due)):
            yield fault("timer-invalid", "到期时间无效", f"{due[:50]!r} is no date and no duration of ISO 8601", element, due)
    priority = element.assignment.priority
    if priority and is_literal(priority) and not re.fullmatch(r"\s*-?\d{1,9}\s*", priority):
        yield fault("priority-invalid", "优先级不是整数", f"{priority[:50]!r} is no whole number", element, priority)
    if element.retries is not None and is_literal(element.retries) and not is_retry(element.retries):
        yield fault("retry-invalid", "重试周期无效", f"{element.retries[:50]!r} is no retry time cycle", element, element.retries)
