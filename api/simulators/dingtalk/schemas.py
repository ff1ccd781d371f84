"""Templates of the process centre."""

import uuid

from flask import Response, jsonify, request

from api.simulators.dingtalk import features
from api.simulators.dingtalk.manner import gate, refuse
from api.simulators.fields import choice, mapping, rows, text
from api.simulators.gate import asked
from api.simulators.simulator import simulator

PREFIX = "/v1.0/workflow/processCentres"
MOST_TEMPLATES = 200
COMPONENTS = (
    *("TextField", "TextareaField", "NumberField", "DDSelectField", "DDMultiSelectField", "DDDateField", "DDDateRangeField", "TextNote"),
    *("DDPhotoField", "MoneyField", "TableField", "DDAttachment", "InnerContactField", "RelateField", "AddressField", "StarRatingField"),
    "DepartmentField",
)


@gate.call("POST", f"{PREFIX}/schemas")
def define() -> Response:
    body, ledger = asked(), simulator().ledger
    text(body, "name", most=200)
    text(body, "description", needed=False, most=300)
    for each in rows(body, "formComponents", needed=True, most=200):
        choice(each, "componentType", COMPONENTS)
    mapping(body, "templateConfig", needed=False)
    kept = {"features": features.checked(body, "processFeatureConfig"), "sent": body}
    code = text(body, "processCode", needed=False)
    if code and ledger.get("schema", code) is None:
        raise refuse("process.notExist", "流程模板不存在")
    if not code and len(ledger.find("schema")) >= MOST_TEMPLATES:
        raise refuse("process.tooMany", f"more than {MOST_TEMPLATES} templates")
    code = code or f"PROC-{uuid.uuid4()}".upper()
    ledger.put("schema", code, {**kept, "processCode": code, "name": body["name"], "at": simulator().clock.ms()})
    return jsonify(result={"processCode": code})


@gate.call("GET", f"{PREFIX}/schemaNames/processCodes")
def find() -> Response:
    found = [each for each in simulator().ledger.find("schema") if each["name"] == request.args.get("name")]
    if not found:
        raise refuse("process.notExist", "流程模板不存在")
    return jsonify(result={"processCode": found[-1]["processCode"], "gmtModified": found[-1]["at"]})


@gate.call("DELETE", f"{PREFIX}/schemas")
def delete() -> Response:
    """Forget a template; with `cleanRunningTask` the open tasks of its instances are cancelled."""
    ledger, code = simulator().ledger, request.args.get("processCode", "")
    if ledger.get("schema", code) is None:
        raise refuse("process.notExist", "流程模板不存在")
    ledger.drop("schema", code)
    if request.args.get("cleanRunningTask", "").lower() == "true":
        for instance in ledger.find("instance"):
            if instance["sent"]["processCode"] == code:
                simulator().desk.close(instance["key"], "schema deleted")
    return jsonify(result={"processCode": code})
