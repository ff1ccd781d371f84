"""Who gets which answer from which route: a table written by hand, and the proof that it leaves no route out.

The objects are Li Na's: her case asks Wang Fang, her invoice is asked of Wang Fang too, the grouped task is asked of the finance group and Wu Gang.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from drawings import END, START, drawing, human, path
from sqlalchemy import select, text
from web_support import Web, multipart, unknown, web

from engine.database import transaction
from engine.permissions import PERMISSIONS
from models.archive import ArchiveItem
from models.duties import DutyOverride
from models.identity import LegalEntity
from models.oa import OaDifference
from processes.invoice.samples.generate import make

__all__ = ["web"]

#            nobody  initiator        finance     director   archivist    auditor    designer     operator + administrator
#            -       li.na  wang.fang zhao.lei    wu.gang    chen.jing    sun.mei    zheng.hao    ma.lin    qian.yi
PEOPLE = (None, "li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "sun.mei", "zheng.hao", "ma.lin", "qian.yi")
TABLE = """
GET    /api-tokens                                  401 200 200 200 200 200 200 200 200 200
POST   /api-tokens                                  401 201 201 201 201 201 201 201 201 201
DELETE /api-tokens/<token>                          401 204 404 404 404 404 404 404 404 404
GET    /attachments/<attachment>                    401 200 200 404 404 404 200 404 200 404
GET    /attachments/<unknown>                       401 404 404 404 404 404 404 404 404 404
GET    /archive-items                               401 403 403 403 403 200 200 403 200 403
GET    /archive-items/<item>                        401 403 403 403 403 200 200 403 200 403
GET    /archive-items/<unknown>                     401 403 403 403 403 404 404 403 404 403
GET    /archive-items/<item>/package                401 403 403 403 403 404 404 403 404 403
GET    /departments                                 401 200 200 200 200 200 200 200 200 200
POST   /departments                                 401 403 403 403 403 403 403 403 201 403
POST   /departments/<department>/head               401 403 403 403 403 403 403 403 200 403
POST   /departments/<unknown>/head                  401 403 403 403 403 403 403 403 404 403
POST   /deployments                                 401 403 403 403 403 403 403 201 201 403
GET    /incidents                                   401 403 403 403 403 403 403 403 200 403
POST   /incidents/<incident>/retry                  401 403 403 403 403 403 403 403 200 403
POST   /incidents/<incident>/resolve                401 403 403 403 403 403 403 403 200 403
POST   /incidents/<incident>/assign                 401 403 403 403 403 403 403 403 409 403
POST   /incidents/<unknown>/retry                   401 403 403 403 403 403 403 403 404 403
GET    /reconciliation/differences                  401 403 403 403 403 403 403 403 200 403
POST   /reconciliation/differences/<difference>/take-ours 401 403 403 403 403 403 403 403 200 403
POST   /reconciliation/differences/<difference>/push-again 401 403 403 403 403 403 403 403 200 403
POST   /reconciliation/differences/<difference>/ignore 401 403 403 403 403 403 403 403 200 403
POST   /reconciliation/differences/<unknown>/take-ours 401 403 403 403 403 403 403 403 404 403
GET    /reconciliation/runs                         401 403 403 403 403 403 403 403 200 403
POST   /reconciliation/runs                         401 403 403 403 403 403 403 403 409 403
GET    /invoices                                    401 200 200 200 200 200 200 200 200 200
POST   /invoices                                    401 422 403 422 403 403 403 403 422 403
GET    /invoices/<invoice>                          401 200 200 200 404 200 200 404 200 404
GET    /invoices/<unknown>                          401 404 404 404 404 404 404 404 404 404
GET    /invoices/<invoice>/files/<file>             401 200 200 200 404 200 200 404 200 404
GET    /jobs                                        401 403 403 403 403 403 403 403 200 403
GET    /legal-entities                              401 200 200 200 200 200 200 200 200 200
POST   /legal-entities                              401 403 403 403 403 403 403 403 201 403
POST   /conditions                                  401 200 403 403 403 403 403 403 200 403
GET    /messages                                    401 403 403 403 403 403 403 403 200 403
POST   /messages                                    401 403 403 403 403 403 403 403 200 403
GET    /people                                      401 200 200 200 200 200 200 200 200 200
GET    /process-definitions                         401 200 200 200 200 200 200 200 200 200
GET    /process-definitions/<definition>            401 200 200 200 200 200 200 200 200 200
GET    /process-definitions/<definition>/xml        401 200 200 200 200 200 200 200 200 200
GET    /process-definitions/<definition>/start-form 401 200 200 200 200 200 200 200 200 200
POST   /process-definitions/<process>/suspend       401 403 403 403 403 403 403 403 200 403
POST   /process-definitions/<held_process>/resume   401 403 403 403 403 403 403 403 200 403
POST   /process-definitions/<unknown>/suspend       401 403 403 403 403 403 403 403 404 403
GET    /process-instances                           401 200 200 200 200 200 200 200 200 200
POST   /process-instances                           401 201 403 403 403 403 403 403 201 403
GET    /process-instances/<case>                    401 200 200 404 404 404 200 404 200 404
GET    /process-instances/<case>/attachments        401 200 200 404 404 404 200 404 200 404
GET    /process-instances/<case>/variables          401 200 403 404 404 404 200 404 200 404
GET    /process-instances/<case>/history            401 200 200 404 404 404 200 404 200 404
GET    /process-instances/<case>/verification       401 403 403 403 403 403 200 403 200 403
POST   /process-instances/<case>/withdraw           401 200 403 404 404 404 403 404 403 404
POST   /process-instances/<unknown>/withdraw        401 404 404 404 404 404 404 404 404 404
POST   /process-instances/<case>/revoke             401 403 403 404 404 404 403 404 403 404
POST   /process-instances/<case>/copies             401 201 201 404 404 404 201 404 201 404
GET    /process-instances/<case>/copies             401 200 200 404 404 404 200 404 200 404
POST   /process-instances/<case>/read               401 200 200 404 404 404 200 404 200 404
POST   /process-instances/<case>/comments           401 201 201 404 404 404 201 404 201 404
POST   /process-instances/<case>/interventions      401 403 403 403 403 403 403 403 201 403
GET    /interventions                               401 403 403 403 403 403 403 403 200 403
POST   /interventions/<unknown>/confirm             401 403 403 403 403 403 403 403 404 403
POST   /interventions/<unknown>/decline             401 403 403 403 403 403 403 403 404 403
POST   /process-instances/<case>/suspend            401 403 403 403 403 403 403 403 200 403
POST   /process-instances/<held>/resume             401 403 403 403 403 403 403 403 200 403
POST   /process-instances/<unknown>/suspend         401 403 403 403 403 403 403 403 404 403
POST   /signals                                     401 403 403 403 403 403 403 403 202 403
GET    /posts                                       401 200 200 200 200 200 200 200 200 200
POST   /posts                                       401 403 403 403 403 403 403 403 201 403
POST   /posts/<post>/activate                       401 403 403 403 403 403 403 403 200 403
POST   /posts/<post>/appoint                        401 403 403 403 403 403 403 403 201 403
POST   /posts/<held_post>/dismiss                   401 403 403 403 403 403 403 403 200 403
POST   /people/import                               401 403 403 403 403 403 403 403 200 403
GET    /substitutions                               401 200 200 200 200 200 200 200 200 200
POST   /substitutions                               401 201 201 201 201 201 201 201 201 201
POST   /substitutions/<substitution>/revoke         401 200 404 404 404 404 404 404 200 404
POST   /substitutions/<unknown>/revoke              401 404 404 404 404 404 404 404 404 404
GET    /authority-rules                             401 403 403 200 403 403 200 403 200 403
POST   /authority-rules                             401 403 403 403 403 403 403 403 201 403
POST   /authority-rules/<authority>/replace         401 403 403 403 403 403 403 403 201 403
POST   /authority-rules/<authority>/end             401 403 403 403 403 403 403 403 200 403
POST   /authority-rules/<unknown>/end               401 403 403 403 403 403 403 403 404 403
GET    /duty-rules                                  401 403 403 403 403 403 200 403 200 403
POST   /duty-rules                                  401 403 403 403 403 403 403 403 201 403
POST   /duty-rules/<duty>/end                       401 403 403 403 403 403 403 403 200 403
GET    /duty-conflicts                              401 403 403 403 403 403 200 403 200 403
GET    /duty-overrides                              401 403 403 403 403 403 200 403 200 403
POST   /duty-overrides                              401 422 422 404 404 404 422 404 422 404
POST   /duty-overrides/<override>/approve           401 403 403 403 403 403 403 403 200 403
POST   /duty-overrides/<override>/refuse            401 403 403 403 403 403 403 403 200 403
POST   /duty-overrides/<unknown>/approve            401 403 403 403 403 403 403 403 404 403
GET    /user-tasks                                  401 200 200 200 200 200 200 200 200 200
GET    /user-tasks/counts                           401 200 200 200 200 200 200 200 200 200
GET    /copies                                      401 200 200 200 200 200 200 200 200 200
POST   /people/<unknown>/handover                   401 403 403 403 403 403 403 403 404 403
GET    /user-tasks/<task>                           401 200 200 404 404 404 200 404 200 404
GET    /user-tasks/<grouped>                        401 200 404 200 200 404 200 404 200 404
GET    /user-tasks/<task>/form                      401 200 200 404 404 404 200 404 200 404
GET    /user-tasks/<grouped>/form                   401 200 404 200 200 404 200 404 200 404
GET    /user-tasks/<task>/variables                 401 200 200 404 404 404 200 404 200 404
GET    /user-tasks/<second>/variables               401 200 403 200 404 404 200 404 200 404
GET    /user-tasks/<task>/draft                     401 404 404 404 404 404 404 404 404 404
GET    /user-tasks/<begun>/draft                    401 404 200 404 404 404 404 404 404 404
PUT    /user-tasks/<task>/draft                     401 409 200 404 404 404 409 404 409 404
DELETE /user-tasks/<begun>/draft                    401 204 204 404 404 404 204 404 204 404
POST   /user-tasks/<task>/attachments               401 409 201 404 404 404 409 404 409 404
POST   /user-tasks/<task>/claim                     401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/<grouped>/claim                  401 403 404 200 200 404 403 404 403 404
POST   /user-tasks/<task>/unclaim                   401 403 409 404 404 404 403 404 403 404
POST   /user-tasks/<task>/complete                  401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/<closed>/complete                401 409 409 404 404 404 409 404 409 404
POST   /user-tasks/<grouped>/complete               401 403 404 200 200 404 403 404 403 404
POST   /user-tasks/<task>/transfer                  401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/complete                         401 200 200 200 200 200 200 200 200 200
POST   /user-tasks/<task>/return                    401 403 409 404 404 404 403 404 403 404
GET    /user-tasks/<task>/steps-back                401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/<task>/take-back                 401 403 403 404 404 404 403 404 403 404
POST   /user-tasks/<task>/delegate                  401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/<task>/resolve                   401 403 409 404 404 404 403 404 403 404
POST   /user-tasks/<task>/signers                   401 403 200 404 404 404 403 404 403 404
POST   /user-tasks/<task>/remove-signer             401 403 403 404 404 404 403 404 403 404
POST   /user-tasks/<task>/urge                      401 200 200 404 404 404 200 404 200 404
POST   /user-tasks/<unknown>/complete               401 404 404 404 404 404 404 404 404 404
GET    /connections                                 401 403 403 403 403 403 403 403 200 403
POST   /connections                                 401 403 403 403 403 403 403 403 201 403
GET    /connections/<connection>                    401 403 403 403 403 403 403 403 200 403
GET    /connections/<unknown>                       401 403 403 403 403 403 403 403 404 403
PUT    /connections/<connection>                    401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/secrets            401 403 403 403 403 403 403 403 200 403
DELETE /connections/<connection>/secrets/<former>   401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/activate           401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/hurry              401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/scope              401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/checks             401 403 403 403 403 403 403 403 202 403
GET    /connections/<connection>/checks/<unknown>   401 403 403 403 403 403 403 403 404 403
GET    /connections/<connection>/identities         401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/identities         401 403 403 403 403 403 403 403 422 403
POST   /connections/<connection>/identities/forget  401 403 403 403 403 403 403 403 404 403
GET    /connections/<connection>/identities/proposals 401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/identities/accept  401 403 403 403 403 403 403 403 200 403
GET    /connections/<connection>/directory          401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/directory/fetch    401 403 403 403 403 403 403 403 202 403
POST   /connections/<connection>/directory/apply    401 403 403 403 403 403 403 403 200 403
POST   /connections/<connection>/directory/nightly  401 403 403 403 403 403 403 403 200 403
GET    /deliveries                                  401 403 403 403 403 403 403 403 200 403
GET    /deliveries/<unknown>/<connection>/<one>     401 403 403 403 403 403 403 403 404 403
GET    /exchanges/<unknown>                         401 403 403 403 403 403 403 403 404 403
GET    /oa-messages                                 401 403 403 403 403 403 403 403 200 403
GET    /sign-ins                                    401 403 403 403 403 403 403 403 200 403
POST   /resends                                     401 403 403 403 403 403 403 403 409 403
GET    /resends/<unknown>                           401 403 403 403 403 403 403 403 404 403
"""
ROWS = [(method, route, [int(status) for status in statuses]) for method, route, *statuses in map(str.split, TABLE.split("\n")[1:-1])]
#: a static file, and the description of the interface, are for everybody
UNDECLARED = {"static", "api-docs.openapi_json"}
OPEN = {
    "reference.page",
    "health.live",
    "health.ready",
    "callbacks.receive",
    "callbacks.verify",
    "sign_in.form",
    "sign_in.enter",
    "sso.begin",
    "sso.returned",
    "sign_in.leave",
    "sign_in.language",
}
AUTHORITY = {"currency": "CNY", "upTo": "10000", "approver": "wang.fang"}
DUTY = {"kind": "groups", "group": "finance", "otherGroup": "archivists", "reason": "内控"}
ALLOWED_BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "/api-tokens": lambda: {"json": {"name": uuid4().hex}},
    "/departments": lambda: {"json": {"key": uuid4().hex, "name": "新部门", "legalEntity": "shenpi-sh"}},
    "head": lambda: {"json": {"head": "wang.fang"}},
    "/deployments": lambda: multipart(
        ("files", "p.bpmn", drawing(START, human("a"), END, path("start", "a", "end"), key=f"p{uuid4().hex}"))
    ),
    "/conditions": lambda: {"json": {"variables": {}}},
    "/user-tasks/<task>/attachments": lambda: multipart(("file", "合同.pdf", b"%PDF-1.7")),
    "draft": lambda: {"json": {"values": {"reason": "事假"}}},
    "/messages": lambda: {"json": {"name": uuid4().hex}},
    "/signals": lambda: {"json": {"name": uuid4().hex}},
    "suspend": lambda: {"json": {"reason": "核查"}},
    "resume": lambda: {"json": {"reason": "核查完毕"}},
    "/incidents/<incident>/resolve": lambda: {"json": {"reason": "已手工处理"}},
    "/incidents/<incident>/assign": lambda: {"json": {"person": "zhao.lei", "reason": "请办"}},
    "ignore": lambda: {"json": {"reason": "对方正在升级"}},
    "/reconciliation/runs": lambda: {"json": {"connection": "demo-oa"}},
    "/invoices": lambda: multipart(("file", "note.txt", b"no invoice")),
    "/legal-entities": lambda: {"json": {"name": "新公司", "taxId": uuid4().hex}},
    "/process-instances": lambda: {"json": {"processDefinitionKey": "leave"}},
    "complete": lambda: {"json": {"outcome": "approve"}},
    "transfer": lambda: {"json": {"to": "zheng.hao"}},
    "withdraw": lambda: {"json": {}},
    "/user-tasks/complete": lambda: {"json": {"decisions": [{"id": str(uuid4()), "outcome": "approve"}]}},
    "/process-instances/<case>/revoke": lambda: {"json": {"reason": "合同取消"}},
    "copies": lambda: {"json": {"to": ["zheng.hao"]}},
    "comments": lambda: {"json": {"text": "请稍等"}},
    "interventions": lambda: {"json": {"kind": "terminate", "reason": "重复提交"}},
    "return": lambda: {"json": {"to": "nowhere"}},
    "delegate": lambda: {"json": {"to": "zheng.hao"}},
    "signers": lambda: {"json": {"who": "zheng.hao", "place": "beside"}},
    "take-back": lambda: {"json": {}},
    "resolve": lambda: {"json": {}},
    "remove-signer": lambda: {"json": {}},
    "urge": lambda: {"json": {}},
    "handover": lambda: {"json": {"to": "wu.gang", "reason": "离职"}},
    "/posts": lambda: {"json": {"key": f"p{uuid4().hex}", "name": "岗位"}},
    "activate": lambda: {"json": {"active": False}},
    "appoint": lambda: {"json": {"person": "wu.gang", "legalEntity": "shenpi-sh"}},
    "dismiss": lambda: {"json": {"person": "wu.gang", "legalEntity": "shenpi-sh"}},
    "/people/import": lambda: multipart(("files", "groups.csv", b"key,name\nfinance,\xe8\xb4\xa2\xe5\x8a\xa1\n")),
    "/substitutions": lambda: {"json": {"substitute": "test.sub", "startsAt": "2026-01-01T00:00:00Z", "reason": "休假"}},
    "revoke": lambda: {"json": {}},
    "end": lambda: {"json": {}},
    "/authority-rules": lambda: {"json": AUTHORITY},
    "replace": lambda: {"json": AUTHORITY},
    "/duty-rules": lambda: {"json": DUTY},
    "/duty-overrides": lambda: {
        "json": {"processInstanceId": Objects.shared, "rule": "none", "person": "li.na", "element": "decide", "reason": "急"}
    },
    "approve": lambda: {"json": {"note": "同意"}},
    "refuse": lambda: {"json": {"note": "不同意"}},
    "/connections": lambda: {"json": connection()},
    "/connections/<connection>": lambda: {"json": {"name": "办公系统", "baseUrl": "https://192.0.2.10"}},
    "secrets": lambda: {"json": {"make": True}},
    "/connections/<connection>/activate": lambda: {"json": {"active": False}},
    "scope": lambda: {"json": {"modules": {"notices": False}}},
    "checks": lambda: {"json": {"what": "health"}},
    "identities": lambda: {"json": {"identities": [{"person": "li.na", "idType": "none", "remoteId": "x"}]}},
    "forget": lambda: {"json": {"person": "li.na"}},
    "accept": lambda: {"json": {}},
    "nightly": lambda: {"json": {"nightly": True}},
    "/resends": lambda: {"json": {"connection": "demo-oa"}},
}


def connection() -> dict[str, Any]:
    """Return the body of a connection that is not there yet."""
    return {"key": f"c{uuid4().hex}", "name": "办公系统", "kind": "webhook", "baseUrl": "https://192.0.2.10"}


class Objects:
    """What the routes speak of: made anew where an answer changes it."""

    shared: str  #: a case of Li Na's that asks Wang Fang, which anybody may speak of

    def __init__(self, web: Web) -> None:
        self.web = web
        self.one, self.former = "1", "former_secret"
        Objects.shared = str(web.start()["id"])
        with web.inside(), transaction() as session:
            session.execute(text("INSERT INTO person (id, key, name) VALUES (gen_random_uuid(), 'test.sub', '代理人')"))
        uploaded = web.post("li.na", "/invoices", **multipart(("file", *make("einvoice")))).json
        self.invoice = uploaded["invoiceId"]
        self.file = web.get("li.na", f"/invoices/{self.invoice}").json["carriers"][0]["sha256"]
        self.item = self._item(uploaded["caseId"])
        self.definition = web.get("li.na", "/process-definitions").json["items"][0]["id"]

    def _item(self, case: str) -> str:
        with self.web.inside(), transaction() as session:
            entity = session.scalars(select(LegalEntity.id)).first()
            item = ArchiveItem(
                source_kind="invoice", source_id=uuid4(), source_instance_id=case, legal_entity_id=entity, title="归档件", request={}, state="collected",
                created_at=datetime.now(UTC),
            )  # fmt: skip
            session.add(item)
            session.flush()
            return str(item.id)

    def _process(self) -> str:
        key = f"p{uuid4().hex}"
        xml = drawing(START, human("a"), END, path("start", "a", "end"), key=key)
        assert self.web.post("zheng.hao", "/deployments", **multipart(("files", "p.bpmn", xml))).status_code == 201
        return key

    def _suspended(self, route: str) -> str:
        assert self.web.post("ma.lin", f"{route}/suspend", json={"reason": "核查"}).status_code == 200
        return route.rpartition("/")[2]

    def _made(self, route: str, body: dict[str, Any], by: str = "ma.lin") -> str:
        answer = self.web.post(by, route, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json.get("id") or answer.json.get("key"))

    def _override(self) -> str:
        with self.web.inside(), transaction() as session:
            row = DutyOverride(
                instance_id=self.web.start()["id"], rule="notBy:initiator", person="li.na", element="decide", reason="急", state="asked", asked_by="wang.fang",
            )  # fmt: skip
            session.add(row)
            session.flush()
            return str(row.id)

    def _difference(self) -> str:
        with self.web.inside(), transaction() as session:
            row = OaDifference(connection="demo-oa", key=f"c-{uuid4()}", kind="field_differs", field="status", ours="a", theirs="b")
            session.add(row)
            session.flush()
            return str(row.id)

    def get(self, name: str) -> str:
        match name:
            case "difference":
                return self._difference()
            case "post" | "held_post":
                key = self._made("/posts", {"key": f"p{uuid4().hex}", "name": "岗位"})
                if name == "held_post":
                    body = {"person": "wu.gang", "legalEntity": "shenpi-sh"}
                    assert self.web.post("ma.lin", f"/posts/{key}/appoint", json=body).status_code == 201
                return key
            case "substitution":
                body = {"substitute": "test.sub", "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "reason": "休假"}
                return self._made("/substitutions", body, by="li.na")
            case "authority":
                return self._made("/authority-rules", AUTHORITY)
            case "duty":
                return self._made("/duty-rules", DUTY)
            case "connection":
                return self._made("/connections", connection())
            case "override":
                return self._override()
            case "case":
                return str(self.web.start()["id"])
            case "held":
                return self._suspended(f"/process-instances/{self.web.start()['id']}")
            case "process":
                return self._process()
            case "held_process":
                return self._suspended(f"/process-definitions/{self._process()}")
            case "task":
                return self.web.task()
            case "grouped":
                return self.web.task("grouped")
            case "closed":
                task = self.web.task()
                assert self.web.complete("wang.fang", task).status_code == 200
                return task
            case "second":
                task = self.web.task("two_levels")
                return str(self.web.complete("wang.fang", task).json["tasks"][0]["id"])
            case "begun":
                task = self.web.task()
                assert self.web.call("wang.fang", "PUT", f"/user-tasks/{task}/draft", json={"values": {}}).status_code == 200
                return task
            case "attachment":
                task = self.web.task()
                made = self.web.post("wang.fang", f"/user-tasks/{task}/attachments", **multipart(("file", "a.pdf", b"%PDF-1.7"))).json["id"]
                assert self.web.complete("wang.fang", task, attachments=[made]).status_code == 200
                return str(made)
            case "department":
                return "office"
            case "incident":
                return self.web.incident()[1]
            case "token":
                return str(self.web.post("li.na", "/api-tokens", json={"name": uuid4().hex}).json["id"])
            case "unknown":
                return unknown()
            case _:
                return str(getattr(self, name))


@pytest.fixture(scope="module")
def objects(web: Web) -> Objects:
    return Objects(web)


@pytest.mark.parametrize(("method", "route", "expected"), ROWS, ids=[f"{method} {route}" for method, route, _ in ROWS])
def test_a_route_answers_each_person_as_the_table_says(web: Web, objects: Objects, method: str, route: str, expected: list[int]) -> None:
    body = ALLOWED_BODIES.get(route) or ALLOWED_BODIES.get(route.rpartition("/")[2]) or dict
    kept: dict[str, str] = {}
    found = []
    for person in PEOPLE:
        names = re.findall("<(.+?)>", route)
        real = {name: objects.get(name) if method != "GET" or name not in kept else kept[name] for name in names}
        kept.update(real)
        filled = re.sub("<(.+?)>", lambda part: real[part[1]], route)  # noqa: B023
        found.append(web.call(person, method, filled, **(body() if method in ("POST", "PUT") else {})).status_code)

    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, expected, strict=True))


def test_the_table_leaves_no_route_out(web: Web) -> None:
    routes = {
        (method, re.sub("<.+?>", "<>", rule.rule.removeprefix("/api/v1")))
        for rule in web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }

    assert routes == {(method, re.sub("<.+?>", "<>", route)) for method, route, _ in ROWS}


def test_every_route_says_which_permission_it_needs(web: Web) -> None:
    declared = {name: getattr(view, "permission", "undeclared") for name, view in web.app.view_functions.items()}

    assert {name for name, permission in declared.items() if permission == "undeclared"} == UNDECLARED
    assert {name for name, permission in declared.items() if permission is None} == OPEN
    assert set(declared.values()) - {None, "undeclared"} <= set(PERMISSIONS)


def test_every_page_sends_a_stranger_to_the_sign_in(web: Web) -> None:
    client = web.browser()
    pages = [
        rule.rule
        for rule in web.app.url_map.iter_rules()
        if "GET" in (rule.methods or set())
        and getattr(web.app.view_functions[rule.endpoint], "permission", None)
        and not rule.rule.startswith("/api/")
    ]
    assert len(pages) > 10

    for page in pages:
        filled = re.sub("<int:.+?>", "1", re.sub("<uuid:.+?>", unknown(), page))
        answer = client.get(re.sub("<.+?>", "x", filled), headers={"Accept": "text/html"})
        assert answer.status_code == 302, page
        assert answer.headers["Location"].startswith("/sign-in?next="), page


def test_a_stranger_is_told_nothing_about_the_content_of_her_request(web: Web) -> None:
    for body in ({"json": {"surprise": 1}}, {"data": "{", "content_type": "application/json"}, {"data": {"a": "b"}}):
        assert web.post(None, f"/user-tasks/{unknown()}/complete", **body).status_code == 401  # type: ignore[arg-type]
        assert web.post("qian.yi", "/process-instances", **body).status_code == 403  # type: ignore[arg-type]
    assert web.get(None, "/user-tasks?limit=x").status_code == 401
    assert web.get("qian.yi", "/incidents?limit=x").status_code == 403


def test_qian_yi_gets_empty_lists_and_no_word_of_anybodys_case(web: Web, objects: Objects) -> None:
    case = web.start(businessKey="SECRET-1")

    for route in ("/process-instances", "/user-tasks", "/user-tasks?state=completed", "/invoices"):
        assert web.get("qian.yi", route).json["items"] == [], route
    for route in ("", "/variables", "/history"):
        assert "SECRET" not in web.get("qian.yi", f"/process-instances/{case['id']}{route}").text
    for query in ("businessKey=SECRET-1", "initiator=li.na", "person=wang.fang", "status=running"):
        assert web.get("qian.yi", f"/process-instances?{query}").json["items"] == []


@pytest.mark.parametrize("scope", sorted(PERMISSIONS))
def test_a_token_with_one_scope_opens_what_that_scope_names_and_nothing_else(web: Web, scope: str) -> None:
    secret = web.post("ma.lin", "/api-tokens", json={"name": uuid4().hex, "scopes": [scope]}).json["token"]
    client = web.app.test_client()
    routes = {
        "/user-tasks": "task.work", "/process-instances": "instance.read", "/invoices": "invoice.read", "/archive-items": "archive.read",
        "/incidents": "incident.read", "/process-definitions": "definition.read", "/people": "people.read", "/api-tokens": "token.manage",
    }  # fmt: skip

    found = {route: client.get(f"/api/v1{route}", headers={"Authorization": f"Bearer {secret}"}).status_code for route in routes}

    assert found == {route: 200 if permission == scope else 403 for route, permission in routes.items()}


def test_a_person_who_is_not_active_any_more_is_nobody_at_once(web: Web) -> None:
    with web.inside(), transaction() as session:
        session.execute(text("UPDATE person SET active = false WHERE key = 'wu.gang'"))
    try:
        assert web.get("wu.gang", "/user-tasks").status_code == 401
    finally:
        with web.inside(), transaction() as session:
            session.execute(text("UPDATE person SET active = true WHERE key = 'wu.gang'"))
    assert web.get("wu.gang", "/user-tasks").status_code == 200
