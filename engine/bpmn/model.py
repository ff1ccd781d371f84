"""What a drawing says, free of XML and of any vendor's namespace.

Expressions stay text here; they are compiled by `engine.language` when they are first used and checked at deployment. Elements stand in one flat map;
`parent` names the sub-process that one stands in. Ids are the author's.
"""

from dataclasses import dataclass, field

from engine.bpmn.policies import NO_POLICY, Policy
from engine.formjs import Form

HUMAN = "userTask"
SCRIPT = "scriptTask"
SERVICE = "serviceTask"
RULE = "businessRuleTask"
TASK = "task"
MANUAL = "manualTask"
SEND = "sendTask"
RECEIVE = "receiveTask"
CALL = "callActivity"
SUB = "subProcess"
TRANSACTION = "transaction"
START = "startEvent"
END = "endEvent"
CATCH = "intermediateCatchEvent"
THROW = "intermediateThrowEvent"
BOUNDARY = "boundaryEvent"
EXCLUSIVE = "exclusiveGateway"
PARALLEL = "parallelGateway"
INCLUSIVE = "inclusiveGateway"
COMPLEX = "complexGateway"
EVENT_BASED = "eventBasedGateway"

TASKS = frozenset({HUMAN, SCRIPT, SERVICE, RULE, TASK, MANUAL, SEND, RECEIVE})
SCOPES = frozenset({SUB, TRANSACTION})
ACTIVITIES = TASKS | SCOPES | {CALL}
EVENTS = frozenset({START, END, CATCH, THROW, BOUNDARY})
GATEWAYS = frozenset({EXCLUSIVE, PARALLEL, INCLUSIVE, COMPLEX, EVENT_BASED})

TIMER = "timer"
MESSAGE = "message"
SIGNAL = "signal"
ERROR = "error"
ESCALATION = "escalation"
CONDITIONAL = "conditional"
COMPENSATION = "compensate"
LINK = "link"
TERMINATE = "terminate"
CANCEL = "cancel"

MAX_ELEMENTS, MAX_FLOWS = 2000, 4000  #: of one process; more than anybody draws
DEFAULT_OUTCOMES = ("approve", "reject", "return")


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form: the name is the variable it fills."""

    name: str
    label: str
    type: str  #: string, long, decimal, boolean, date, enum
    required: bool = False
    pattern: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to do a user task and until when; all texts are expressions."""

    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    due_date: str | None = None
    follow_up_date: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class TimerDefinition:
    """A BPMN timer: kind `date`, `duration` or `cycle`, and its text or expression; `calendar` names the working calendar it counts by."""

    kind: str
    text: str
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What a parameter is given: `text` (a template), `script`, or a `list` or `map` of values; of a list the keys are empty.

    A script that is one expression is read as a text `${...}`; any other leaves its value in the name `result`.
    """

    kind: str = "text"
    text: str = ""
    items: tuple[tuple[str, "Value"], ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """One variable handed into or out of a called process: `source` names it or `expression` gives it; with `all`, every variable.

    With `local`, `all` means only the variables that the calling activity holds itself (its input parameters).
    """

    target: str | None = None
    source: str | None = None
    expression: str | None = None
    all: bool = False
    local: bool = False


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws.

    `name` is the name of a message, signal or link, or the code of an error or escalation (a template); None catches any error or escalation.
    A receive task that names no message waits for one with the task's own id as its name.
    """

    kind: str
    name: str | None = None
    timer: TimerDefinition | None = None
    condition: str | None = None
    activity: str | None = None  #: of a compensation: the one activity that is compensated
    waits: bool = True  #: of a thrown compensation: until it is done
    code_variable: str | None = None  #: of a caught error or escalation: where its code goes
    message: str = ""  #: of a thrown error: what is said with it
    message_variable: str | None = None  #: of a caught error: where its message goes
    keys: tuple[tuple[str, str], ...] = ()  #: of a message: correlation keys and their expressions; none means the business key
    payload: tuple[Mapping, ...] = ()  #: of a thrown message or signal: the variables it carries
    operation: str | None = None  #: of a thrown message: the operation that carries it to the outside
    script: str | None = None  #: of a thrown message: what is evaluated in its stead
    inside: bool = False  #: of a signal: only this case hears it
    everything: bool = False  #: of a terminate: it ends the case, whatever it stands in
    inputs: tuple[tuple[str, Value], ...] = ()  #: of that operation
    variable: str | None = None  #: of a condition: only a change of this variable makes it be looked at
    changes: tuple[str, ...] = ()  #: of that variable: create, update, delete; none means every change


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs: `standard`, or as many instances `parallel` or `sequential`."""

    kind: str
    cardinality: str | None = None
    collection: str | None = None  #: a variable's name or an expression
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: str | None = None  #: a variable's name or an expression, read in each instance when it ends
    condition: str | None = None  #: completion condition; of a standard loop the condition to go on
    maximum: str | None = None
    test_before: bool = False
    async_before: bool = False  #: a save point before each instance
    async_after: bool = False  #: a save point behind each instance


@dataclass(frozen=True, slots=True)
class Called:
    """What a call activity calls: `key` is a template; `binding` is latest, deployment, version or versionTag.

    `version` is the version or the version tag (a template). `business_key` is a template for what it is known by; None means as its caller.
    """

    key: str
    binding: str = "latest"
    version: str | None = None
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    business_key: str | None = None
    local_outputs: bool = False  #: what comes back is seen by the call only
    id_variable: str | None = None  #: the variable that is given the id of the case it runs in


@dataclass(frozen=True, slots=True)
class Listener:
    """An operation that runs when something happens to an element: `event` is start, end, take, create, assignment, complete, delete, update or timeout."""

    event: str
    operation: str
    inputs: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One node of the drawing.

    A service, send or business rule task whose expression is evaluated by our language has a `script` and no `operation`; an empty script does nothing.
    A call activity that calls a global task is read as that task.
    """

    id: str
    kind: str
    name: str | None = None
    line: int | None = None
    documentation: str | None = None
    lane: str | None = None
    parent: str | None = None  #: the sub-process it stands in
    default_flow: str | None = None
    assignment: Assignment = Assignment()
    outcomes: tuple[str, ...] = DEFAULT_OUTCOMES
    not_by: tuple[str, ...] = ()  #: separation of duties: `initiator`, and user tasks whose deciders must not do this one
    form: tuple[FormField, ...] = ()
    form_key: str | None = None
    schema: Form | None = None  #: a form of form-js; with it, `form` is empty
    sees: tuple[str, ...] = ()  #: variables that a user task shows besides those of its form
    writes: tuple[str, ...] = ()  #: variables that its decision may write besides those of its form
    script: str | None = None
    operation: str | None = None
    inputs: tuple[tuple[str, Value], ...] = ()  #: names local to the activity, and what they are given when it begins
    outputs: tuple[tuple[str, Value], ...] = ()  #: names around the activity, and what they are given when it ends
    local: tuple[str, ...] = ()  #: names that live and die with it: data objects and properties of a sub-process, data outputs of a task
    result_variable: str | None = None
    decision_ref: str | None = None
    map_result: str = "resultList"
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False  #: of several event definitions all must happen
    attached_to: str | None = None
    interrupting: bool = True  #: of a boundary event, or of the start event of an event sub-process
    by_event: bool = False  #: of a sub-process: it is begun by its start event
    compensates: bool = False  #: it runs only to compensate another activity
    handler: str | None = None  #: of a compensation boundary event: the activity that compensates
    loop: Loop | None = None
    called: Called | None = None
    instantiate: bool = False  #: of a receive task or event-based gateway: it begins an instance
    all_events: bool = False  #: of an instantiating event-based gateway: all of its events must happen
    async_before: bool = False
    async_after: bool = False
    triggered: bool = False  #: when it has done its work it waits for a message with its own id as the name
    skip: str | None = None  #: an expression that passes over it, where the case says that such are looked at
    errors: tuple[tuple[str, str, str], ...] = ()  #: of an outside operation: error code, message, and when its answer means that error
    completer: str | None = None  #: of a user task: the variable that is given who completed it
    retries: str | None = None  #: a retry time cycle, e.g. R3/PT10M
    properties: tuple[tuple[str, str], ...] = ()
    listeners: tuple[Listener, ...] = ()
    outcome: str | None = None  #: of an end event
    initiator: str | None = None  #: of a start event: the variable that receives the starter
    policy: Policy = NO_POLICY  #: of a user task: what approvers may do, and what follows by itself
    timeout: str | None = None  #: of a timer on a user task's boundary: what happens to the task by itself

    @property
    def timer(self) -> TimerDefinition | None:
        """The timer this event waits for, if it has one."""
        return next((definition.timer for definition in self.events if definition.timer is not None), None)

    def event(self, kind: str) -> EventDefinition | None:
        """Return the definition of this kind, or None."""
        return next((definition for definition in self.events if definition.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None = None
    line: int | None = None
    listeners: tuple[Listener, ...] = ()
    skip: str | None = None  #: an expression that takes it whatever its condition says, where the case says that such are looked at


@dataclass(frozen=True, slots=True)
class ProcessModel:
    """One executable process of a file."""

    id: str
    name: str | None
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    title: str | None = None
    summary: tuple[tuple[str, str], ...] = ()
    amount: str | None = None
    currency: str | None = None
    subject_kind: str | None = None
    business_key_prefix: str = "CASE"
    version_tag: str | None = None
    initial: tuple[tuple[str, Value], ...] = ()  #: variables that a new instance has unless it is started with them
    local: tuple[str, ...] = ()  #: data objects, properties and stores: null until somebody writes them
    starter_users: str | None = None  #: who may start it; None means anybody who may start processes
    starter_groups: str | None = None
    properties: tuple[tuple[str, str], ...] = ()
    listeners: tuple[Listener, ...] = ()
    withdraw: str = "always"  #: until when its initiator may withdraw a case: always, undecided (until somebody decided), never
    revoke: str = "never"  #: whether its initiator may revoke what passed, until it is archived: initiator, never

    def outgoing(self, element_id: str) -> list[Flow]:
        """Return the flows that leave an element, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.source == element_id]

    def of_kind(self, *kinds: str) -> list[Element]:
        """Return the elements of these kinds, in the order of the file, at any depth."""
        return [element for element in self.elements.values() if element.kind in kinds]

    def inside(self, parent: str | None) -> list[Element]:
        """Return the elements that stand directly in a sub-process, or with None directly in the process."""
        return [element for element in self.elements.values() if element.parent == parent]
