"""A process as a template of DingTalk's process centre (创建或更新审批模板): made when it is first needed, found by its name when the answer was lost."""

from typing import Any

from engine.errors import OARejected
from engine.oa.contract import Connection, Desk, InstanceSnapshot
from engine.oa.dingtalk.client import Client

SCHEMAS = "/v1.0/workflow/processCentres/schemas"
FIND = "/v1.0/workflow/processCentres/schemaNames/processCodes"
NAME, VALUE = 200, 4000
#: the first three are shown on the card
COMPONENTS = (("TextField", "单号"), ("TextField", "金额"), ("TextareaField", "摘要"), ("TextField", "申请人"))


def code_of(connection: Connection, desk: Desk, client: Client, snapshot: InstanceSnapshot) -> str:
    """Return the server's code of the snapshot's process; of several workers that need it first, one makes it."""
    key = f"p-{snapshot.definition_key}"
    name = (snapshot.definition_name or snapshot.definition_key)[:NAME]
    return known_code(desk, key, name) or make(connection, desk, client, key, name)


def known_code(desk: Desk, key: str, name: str) -> str | None:
    known = desk.shown([key]).get(key)
    return known.remote_id if known is not None and known.status == name else None


def make(connection: Connection, desk: Desk, client: Client, key: str, name: str) -> str:
    with desk.alone(key):
        return known_code(desk, key, name) or make_alone(connection, desk, client, key, name)


def make_alone(connection: Connection, desk: Desk, client: Client, key: str, name: str) -> str:
    known = desk.shown([key]).get(key)
    if known is not None and known.status == "intended" and (found := find(client, name)):
        desk.settle(key, found, status=name)
        return found
    start = f"{connection.public_url}/start"
    body: dict[str, Any] = {
        "name": name,
        "description": "审批 Shenpi",
        "formComponents": [
            {"componentType": kind, "props": {"componentId": f"{kind}-{number}", "label": label, "required": False}}
            for number, (kind, label) in enumerate(COMPONENTS, 1)
        ],
        "processFeatureConfig": {"features": [execution(connection)]},
        "templateConfig": {"hidden": False, "createInstancePcUrl": start, "createInstanceMobileUrl": start},
    }  # fmt: skip
    if known is not None and known.remote_id:
        body["processCode"] = known.remote_id
    else:
        desk.intend(key)
    code = (client.call("POST", SCHEMAS, body=body).get("result") or {}).get("processCode")
    if not isinstance(code, str) or not code:
        raise OARejected(connection=connection.key, reason="a template without a code")
    desk.settle(key, code, status=name)
    return code


def find(client: Client, name: str) -> str | None:
    """Return the code of a template by its name, if there is one."""
    try:
        found = client.call("GET", FIND, params={"name": name}).get("result") or {}
    except OARejected:
        return None
    code = found.get("processCode")
    return str(code) if code else None


def execution(connection: Connection) -> dict[str, Any]:
    """Return how a task is decided: by buttons that call us back, where a data source is registered for them; else on our page."""
    if not connection.settings.get("api_key"):
        return {"name": "TASK_EXECUTE", "runType": "REDIRECT"}
    callback = {"appUuid": connection.settings.get("corp_id", ""), "apiKey": connection.settings["api_key"], "version": "1"}
    return {"name": "TASK_EXECUTE", "runType": "ORIGIN", "callback": callback}


def values(snapshot: InstanceSnapshot) -> list[dict[str, str]]:
    """Return what an instance's form says."""
    amount = f"{snapshot.currency or ''} {snapshot.amount:,.2f}".strip() if snapshot.amount is not None else ""
    lines = "\n".join(f"{item.label}：{item.value}" for item in snapshot.summary)[:VALUE]
    said = (snapshot.business_key or "", amount, lines, snapshot.applicant_name or snapshot.applicant)
    return [{"name": label, "value": value} for (_, label), value in zip(COMPONENTS, said, strict=True) if value]
