"""Definitions of third-party approvals: what kind of case this is, and where a press of a button goes."""

import uuid

from flask import Response

from api.simulators.feishu.identity import kind_asked, known
from api.simulators.feishu.manner import data, gate, refuse
from api.simulators.feishu.translated import DEFINITION_LOCALES, check_key, resources
from api.simulators.fields import Wrong, choice, mapping, rows, text, texts
from api.simulators.gate import asked
from api.simulators.simulator import simulator

MOST = 200
PLACES = ("create_link_pc", "create_link_mobile", "action_callback_url", "action_callback_token", "action_callback_key")


@gate.call("POST", "/open-apis/approval/v4/external_approvals")
def define() -> Response:
    """Change the definition with this code; a code that is not known makes a new definition, whose code is the server's and not the one that was sent."""
    body, kind = asked(), kind_asked()
    texts_of = resources(body, DEFINITION_LOCALES)
    for name in ("approval_name", "group_name", "description"):
        check_key(texts_of, text(body, name, needed=name == "approval_name"), name)
    for name in ("approval_code", "group_code"):
        text(body, name)
    external = mapping(body, "external")
    for name in PLACES:
        text(external, name, needed=False)
    if external.get("support_pc") is not True and external.get("support_mobile") is not True:
        raise Wrong("support_pc and support_mobile must not both be false")
    for viewer in rows(body, "viewers", most=MOST):
        if choice(viewer, "viewer_type", ("TENANT", "DEPARTMENT", "USER", "NONE")) == "USER":
            known(kind, text(viewer, "viewer_user_id"))
    for manager in texts(body, "managers", most=MOST):
        known(kind, manager)
    ledger, code = simulator().ledger, body["approval_code"]
    if ledger.get("definition", code) is None:
        code = str(uuid.uuid4()).upper()
    ledger.put("definition", code, {**body, "approval_code": code, "texts": texts_of})
    return data(approval_code=code)


@gate.call("GET", "/open-apis/approval/v4/external_approvals/<code>")
def defined(code: str) -> Response:
    found = simulator().ledger.get("definition", code)
    if found is None:
        raise refuse(1390002, "approval code not found")
    return data(**{name: value for name, value in found.items() if name != "texts"})
