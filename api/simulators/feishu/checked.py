"""What a synced instance must be: its fields, their limits, its people and its texts."""

import json
from typing import Any

from api.simulators.feishu.identity import named
from api.simulators.feishu.manner import refuse
from api.simulators.feishu.translated import INSTANCE_LOCALES, check_key, check_known, resources
from api.simulators.fields import Wrong, choice, mapping, number, rows, text
from api.simulators.simulator import simulator

STATUSES = ("PENDING", "APPROVED", "REJECTED", "CANCELED", "DELETED", "HIDDEN", "TERMINATED")
TASK_STATUSES = ("PENDING", "APPROVED", "REJECTED", "TRANSFERRED", "DONE")
DISPLAY = ("BROWSER", "SIDEBAR", "NORMAL", "TRUSTEESHIP")
MOST_ACTIONS = 2

Parts = dict[str, dict[str, dict[str, Any]]]


def checked(body: dict[str, Any]) -> tuple[dict[str, Any], Parts, dict[str, str]]:
    """Return the instance without its parts, its tasks and copies by id, and whose each of them is by `userId`."""
    if simulator().ledger.get("definition", text(body, "approval_code")) is None:
        raise refuse(1390002, "approval code not found")
    texts = resources(body, INSTANCE_LOCALES)
    check_instance(body, texts)
    people = {text(body, "instance_id"): named(body).userId}
    parts: Parts = {"task": {}, "cc": {}}
    for kind, check in (("task", check_task), ("cc", check_cc)):
        for part in rows(body, f"{kind}_list", most=simulator().config.list_items):
            key = text(part, f"{kind}_id")
            if key in parts[kind]:
                raise Wrong(f"the id {key} is used twice")
            check(part, texts)
            parts[kind][key] = {**part, "texts": texts}
            if key in people:
                raise Wrong(f"the id {key} is used twice")
            people[key] = named(part).userId
    kept = {name: value for name, value in body.items() if name not in ("task_list", "cc_list")}
    return {**kept, "texts": texts}, parts, people


def check_instance(body: dict[str, Any], texts: dict[str, str]) -> None:
    choice(body, "status", STATUSES)
    check_links(body)
    check_key(texts, text(body, "title", needed=False), "title")
    form = [(text(each, "name", needed=False), text(each, "value", needed=False)) for each in rows(body, "form")]
    for pair in form:
        for value in pair:
            check_known(texts, value, "form")
    if sum(len(texts.get(value, value)) for pair in form for value in pair) > simulator().config.form_chars:
        raise Wrong(f"form has more than {simulator().config.form_chars} characters")
    for name in ("start_time", "end_time", "update_time"):
        number(body, name)
    choice(body, "display_method", DISPLAY, needed=False)
    choice(body, "update_mode", ("REPLACE", "UPDATE"), needed=False)
    for name in ("user_name", "department_id", "department_name"):
        text(body, name, needed=False)
    check_extra(body)


def check_task(task: dict[str, Any], texts: dict[str, str]) -> None:
    choice(task, "status", TASK_STATUSES)
    check_links(task)
    check_key(texts, text(task, "title", needed=False), "title")
    for name in ("create_time", "end_time", "update_time"):
        number(task, name)
    for name in ("action_context", "node_id", "node_name"):
        text(task, name, needed=False)
    choice(task, "generate_type", ("EXTERNAL_CONSIGN", "DEFAULT"), needed=False)
    choice(task, "display_method", DISPLAY, needed=False)
    check_extra(task)
    for action in rows(task, "action_configs", most=MOST_ACTIONS):
        own = text(action, "action_type") not in ("APPROVE", "REJECT")
        check_key(texts, text(action, "action_name", needed=own), "action_name")


def check_cc(copy: dict[str, Any], texts: dict[str, str]) -> None:
    choice(copy, "read_status", ("READ", "UNREAD"))
    check_links(copy)
    check_key(texts, text(copy, "title", needed=False), "title")
    for name in ("create_time", "update_time"):
        number(copy, name)
    check_extra(copy)


def check_links(body: dict[str, Any]) -> None:
    links = mapping(body, "links")
    given = [text(links, name, needed=False) for name in ("pc_link", "mobile_link")]
    if not any(given):
        raise Wrong("links must have pc_link or mobile_link")


def check_extra(body: dict[str, Any]) -> None:
    extra = text(body, "extra", needed=False)
    try:
        json.loads(extra or "{}")
    except ValueError:
        raise Wrong("extra must be the text of a JSON object") from None
