"""What makes a drawing impossible to run, found at deployment with its place: structure, references, expressions."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.bpmn import model
from engine.bpmn.model import Element, ProcessModel
from engine.errors import Fault, InvalidExpression
from engine.language import compile_expression, compile_script, compile_template

MAX_ELEMENTS = 2000
LONGEST_ID = 200
PREFIX = re.compile("[A-Za-z]{1,8}")
RESERVED = {"outcome", "decisions"}  #: variables that decisions write
MAPPINGS = {"singleEntry", "singleResult", "collectEntries", "resultList"}


def check(process: ProcessModel, file: str) -> list[Fault]:
    """Return every fault of a process; an empty list means that it can be deployed."""
    too_large = [_at(fault, file) for fault in _size(process)]
    if too_large:  # looking at each element would take minutes
        return too_large
    faults = [*_names(process), *_flows(process), *_starts_and_ends(process)]
    for element in process.elements.values():
        faults.extend(_element(element, process))
        faults.extend(_form(element))
        faults.extend(_texts(element))
    for flow in process.flows.values():
        if flow.condition is not None:
            faults.extend(_compiles(compile_expression, flow.condition, flow.id, flow.line))
    for source in (process.title, process.amount, process.currency, *(value for _, value in process.summary)):
        if source:
            faults.extend(_compiles(compile_template, source, process.id, None))
    return [_at(fault, file) for fault in faults]


def _at(fault: Fault, file: str) -> Fault:
    return Fault(fault.code, fault.zh, fault.en, file, fault.line, fault.element, fault.path, fault.expected, fault.found)


def _fault(code: str, zh: str, en: str, element: Element | None = None, **more: Any) -> Fault:
    return Fault(code, zh, en, element=element.id if element else None, line=element.line if element else None, **more)


def _size(process: ProcessModel) -> Iterator[Fault]:
    if len(process.elements) > MAX_ELEMENTS:
        yield _fault("too-complex", f"元素超过 {MAX_ELEMENTS} 个", f"More than {MAX_ELEMENTS} elements")
    if len(process.flows) > 2 * MAX_ELEMENTS:
        yield _fault("too-complex", f"连线超过 {2 * MAX_ELEMENTS} 条", f"More than {2 * MAX_ELEMENTS} sequence flows")


def _names(process: ProcessModel) -> Iterator[Fault]:
    """What the database's own keys and numbers can hold."""
    for identity in (process.id, *process.elements, *process.flows):
        if len(identity) > LONGEST_ID:
            zh, en = f"id 超过 {LONGEST_ID} 字", f"An id has at most {LONGEST_ID} characters"
            yield Fault("id-too-long", zh, en, element=identity[:LONGEST_ID])
    if not PREFIX.fullmatch(process.business_key_prefix):
        zh, en = "单号前缀须为 1 到 8 个英文字母", "A business key prefix has 1 to 8 Latin letters"
        yield Fault("prefix-invalid", zh, en, element=process.id, found=process.business_key_prefix[:100])


def _form(element: Element) -> Iterator[Fault]:
    seen: set[str] = set()
    for field in element.form:
        if not field.name or field.name in RESERVED or field.name in seen:
            zh, en = f"表单字段名无效：{field.name}", "The name of a form field is missing, reserved or taken"
            yield _fault("field-name", zh, en, element, found=field.name[:100])
        seen.add(field.name)
        try:
            re.compile(field.pattern or "")
        except (re.error, RecursionError, OverflowError) as error:
            yield _fault("pattern-invalid", "表单字段的格式表达式无效", f"The pattern of {field.name} is none: {error}", element)


def _flows(process: ProcessModel) -> Iterator[Fault]:
    for flow in process.flows.values():
        for end, name in ((flow.source, "sourceRef"), (flow.target, "targetRef")):
            if end not in process.elements:
                yield Fault("dangling-flow", f"连线的 {name} 不存在", f"{name} {end!r} is no element", element=flow.id, line=flow.line)


def _starts_and_ends(process: ProcessModel) -> Iterator[Fault]:
    starts = process.of_kind(model.START)
    if len(starts) != 1:
        yield _fault("start-count", "必须恰好有一个开始事件", f"There must be exactly one start event, not {len(starts)}")
    if not process.of_kind(model.END):
        yield _fault("end-missing", "缺少结束事件", "There is no end event")
    reached, stack = set(), [start.id for start in starts]
    while stack:
        here = stack.pop()
        if here in reached or here not in process.elements:
            continue
        reached.add(here)
        stack.extend(flow.target for flow in process.outgoing(here))
        stack.extend(event.id for event in process.of_kind(model.BOUNDARY) if event.attached_to == here)
    for element in process.elements.values():
        if starts and element.id not in reached:
            yield _fault("unreachable", "从开始事件无法到达", "It cannot be reached from the start event", element)


def _element(element: Element, process: ProcessModel) -> Iterator[Fault]:
    if not element.id:
        yield _fault("id-missing", f"{element.kind} 缺少 id", f"A {element.kind} has no id")
        return
    outgoing = process.outgoing(element.id)
    if element.kind == model.END and outgoing:
        yield _fault("end-goes-on", "结束事件不能有出线", "A flow leaves an end event", element)
    if element.kind not in (model.END,) and not outgoing:
        yield _fault("goes-nowhere", "没有出线", "No flow leaves it", element)
    if element.kind not in (model.EXCLUSIVE, model.PARALLEL) and len(outgoing) > 1:
        yield _fault("several-flows", "只有网关可以有多条出线", "Only a gateway may have several outgoing flows in this version", element)
    if element.kind != model.EXCLUSIVE and any(flow.condition for flow in outgoing):
        yield _fault(
            "condition-ignored", "只有排他网关的出线可以有条件", "Only flows of an exclusive gateway may have a condition", element
        )
    if element.kind == model.EXCLUSIVE:
        yield from _exclusive(element, process)
    if element.kind == model.RULE and not element.decision_ref and not element.operation:
        yield _fault("decision-missing", "业务规则任务没有决策表", "The business rule task names no decision", element)
    if element.kind == model.SERVICE and not element.operation:
        yield _fault("operation-missing", "服务任务没有指定操作", "The service task names no operation", element)
    if element.map_result not in MAPPINGS:
        yield _fault("mapping-unknown", "未知的结果映射", f"mapDecisionResult {element.map_result} is not known", element)
    yield from _events(element, process)


def _exclusive(element: Element, process: ProcessModel) -> Iterator[Fault]:
    outgoing = process.outgoing(element.id)
    if element.default_flow and element.default_flow not in {flow.id for flow in outgoing}:
        yield _fault("default-unknown", "默认连线不存在", f"The default flow {element.default_flow} does not leave it", element)
    bare = [flow for flow in outgoing if not flow.condition and flow.id != element.default_flow]
    if len(outgoing) > 1 and bare:
        yield _fault("condition-missing", "排他网关的出线缺少条件", f"Flow {bare[0].id} has no condition and is not the default", element)


def _events(element: Element, process: ProcessModel) -> Iterator[Fault]:
    if element.kind in (model.CATCH, model.BOUNDARY):
        if element.timer is None:
            yield _fault("event-not-supported", "本版本只支持定时事件", "Only timer events run in this version", element)
        elif element.timer.kind not in ("date", "duration") or not element.timer.text:
            yield _fault("timer-not-supported", "定时器必须是日期或时长", "A timer needs timeDate or timeDuration in this version", element)
    elif element.timer is not None:
        yield _fault(
            "timer-not-supported",
            f"本版本不支持 {element.kind} 上的定时器",
            f"A timer on {element.kind} is not run by this version",
            element,
        )
    if element.kind == model.BOUNDARY:
        host = process.elements.get(element.attached_to or "")
        if host is None or host.kind not in (model.HUMAN, model.SERVICE, model.RULE, model.SCRIPT):
            yield _fault("boundary-dangling", "边界事件没有附着在任务上", "The boundary event is attached to no task", element)


def _texts(element: Element) -> Iterator[Fault]:
    """Compile every expression and script of an element."""
    wanted = element.assignment
    templates = [wanted.assignee, wanted.candidate_users, wanted.candidate_groups, wanted.due_date]
    templates += [value.text for _, value in (*element.inputs, *element.outputs)]
    templates += [element.timer.text] if element.timer else []
    for source in templates:
        if source:
            yield from _compiles(compile_template, source, element.id, element.line)
    if element.kind == model.SCRIPT:
        yield from _compiles(compile_script, element.script or "", element.id, element.line)


def _compiles(compiler: Callable[[str], Any], source: str, element: str, line: int | None) -> Iterator[Fault]:
    try:
        compiler(source)
    except InvalidExpression as error:
        for fault in error.faults:
            yield Fault(
                fault.code,
                fault.zh,
                fault.en,
                line=line,
                element=element,
                path=f"line {fault.line}" if fault.line else None,
                found=source[:200],
            )
