"""What a drawing says, free of XML and of any vendor's namespace.

Expressions stay text here; they are compiled by `engine.language` when they are first used and checked at deployment.
"""

from dataclasses import dataclass, field

HUMAN = "userTask"
SCRIPT = "scriptTask"
SERVICE = "serviceTask"
RULE = "businessRuleTask"
START = "startEvent"
END = "endEvent"
EXCLUSIVE = "exclusiveGateway"
PARALLEL = "parallelGateway"
CATCH = "intermediateCatchEvent"
BOUNDARY = "boundaryEvent"

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


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to do a user task and until when; all texts are expressions."""

    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    due_date: str | None = None


@dataclass(frozen=True, slots=True)
class TimerDefinition:
    """A BPMN timer: kind `date`, `duration` or `cycle`, and its text or expression."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Element:
    """One node of the drawing."""

    id: str
    kind: str
    name: str | None = None
    line: int | None = None
    documentation: str | None = None
    lane: str | None = None
    default_flow: str | None = None
    assignment: Assignment = Assignment()
    outcomes: tuple[str, ...] = DEFAULT_OUTCOMES
    form: tuple[FormField, ...] = ()
    form_key: str | None = None
    script: str | None = None
    operation: str | None = None
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    result_variable: str | None = None
    decision_ref: str | None = None
    map_result: str = "resultList"
    timer: TimerDefinition | None = None
    attached_to: str | None = None
    interrupting: bool = True
    outcome: str | None = None  #: of an end event
    initiator: str | None = None  #: of a start event: the variable that receives the starter


@dataclass(frozen=True, slots=True)
class Flow:
    """One sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None = None
    line: int | None = None


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

    def outgoing(self, element_id: str) -> list[Flow]:
        """Return the flows that leave an element, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.source == element_id]

    def of_kind(self, *kinds: str) -> list[Element]:
        """Return the elements of these kinds, in the order of the file."""
        return [element for element in self.elements.values() if element.kind in kinds]
