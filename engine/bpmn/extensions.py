"""What stands in the `camunda:` namespace and its forks, and in `shenpi:`, read into neutral attributes."""

from lxml import etree

from engine.bpmn.model import DEFAULT_OUTCOMES, Assignment
from engine.bpmn.reading import Reading
from engine.bpmn.xml import BPMN, SHENPI, tag, text_of, vendor, vendor_children


def ours(node: etree._Element, name: str) -> str | None:
    """Return a `shenpi:` attribute."""
    return node.get(f"{{{SHENPI}}}{name}")


def read_assignment(node: etree._Element, reading: Reading) -> Assignment:
    """Return who is to do a user task, as written by a vendor's attributes or by BPMN's own resource roles."""
    users, groups = [vendor(node, "candidateUsers")], [vendor(node, "candidateGroups")]
    assignee = vendor(node, "assignee")
    if assignee == "$INITIATOR":  # Flowable's word for the starter
        starts = [vendor(start, "initiator") for start in reading.process.iter(tag("startEvent"))]
        assignee = f"${{{next(filter(None, starts), 'initiator')}}}"
    for role in node.iterchildren(tag("humanPerformer"), tag("performer")):
        assignee = assignee or expression_of(role, reading)
    for role in node.iterchildren(tag("potentialOwner")):
        sort(role, users, groups, reading)
    return Assignment(
        assignee=assignee,
        candidate_users=joined(users),
        candidate_groups=joined(groups),
        due_date=vendor(node, "dueDate"),
        follow_up_date=vendor(node, "followUpDate"),
        priority=vendor(node, "priority"),
    )


def expression_of(role: etree._Element, reading: Reading) -> str | None:
    """Return the text of a resource assignment, or the name of the resource that is referred to."""
    reference = text_of(role.find(tag("resourceRef")))
    if reference:
        resource = reading.resolve(reference, ("resource",), role)
        return (resource.get("name") if resource is not None else None) or reference
    return text_of(role.find(f"{tag('resourceAssignmentExpression')}/{tag('formalExpression')}")) or text_of(
        role.find(tag("resourceAssignmentExpression"))
    )


def sort(role: etree._Element, users: list[str | None], groups: list[str | None], reading: Reading) -> None:
    """Add the entries of a resource assignment to the users or to the groups, where those without a word go."""
    for entry in map(str.strip, split(expression_of(role, reading) or "")):
        kind, bracket, inner = entry.partition("(")
        if bracket and kind.strip() in ("user", "group") and inner.endswith(")"):
            (users if kind.strip() == "user" else groups).append(inner[:-1].strip())
        else:
            groups.append(entry)


def split(text: str) -> list[str]:
    """Return the entries between commas; a comma inside of brackets separates nothing."""
    entries, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth <= 0:
            entries.append("")
        else:
            entries[-1] += letter
    return [entry for entry in entries if entry.strip()]


def joined(entries: list[str | None]) -> str | None:
    found = [entry for entry in entries if entry]
    return ",".join(found) if found else None


def read_outcomes(node: etree._Element) -> tuple[str, ...]:
    """Return the outcomes a user task may have, `approve reject return` unless it names others."""
    text = ours(node, "outcomes")
    return tuple(text.split()) if text else DEFAULT_OUTCOMES


def read_not_by(node: etree._Element) -> tuple[str, ...]:
    """Return whom a user task must not be done by: `initiator`, and the ids of other user tasks, each once."""
    return tuple(dict.fromkeys((ours(node, "notBy") or "").replace(",", " ").split()))


def read_summary(process: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return the label and expression of each `shenpi:summary/shenpi:item` of a process."""
    items = process.findall(f"{{{BPMN}}}extensionElements/{{{SHENPI}}}summary/{{{SHENPI}}}item")
    return tuple((item.get("label") or "", item.get("value") or "") for item in items)


def read_starters(process: etree._Element, reading: Reading) -> tuple[str | None, str | None]:
    """Return the users and the groups that may start a process, None if the drawing leaves it open."""
    users, groups = [vendor(process, "candidateStarterUsers")], [vendor(process, "candidateStarterGroups")]
    for role in vendor_children(process, "potentialStarter"):
        sort(role, users, groups, reading)
    return joined(users), joined(groups)


def read_retries(node: etree._Element) -> str | None:
    """Return the retry time cycle of an element."""
    found = vendor_children(node, "failedJobRetryTimeCycle")
    return text_of(found[0]) if found else None
