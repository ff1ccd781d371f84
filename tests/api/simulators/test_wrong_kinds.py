"""No field of a wrong kind makes a simulator fail: each vendor says in its own way what is wrong, or takes it."""

import copy
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from api.simulators import dingtalk, feishu, seeyon, weaver, wecom
from api.simulators.people import Person
from api.simulators.simulator import Simulator

VALUES = (None, "x" * 3000, -1, 1.5, 10**30, True, {}, [5], ["x"], [{}], "\ud800")
PEOPLE = [Person(each, f"ou_{each}", f"on_{each}", each, "1", "e", "总部") for each in ("wang.fang", "li.na")]
LINKS = {"pc_link": "https://p.example", "mobile_link": "https://p.example"}
TEXTS = [{"locale": "zh-CN", "is_default": True, "texts": [{"key": "@i18n@发票审批", "value": "发票审批"}]}]
TIMES = {"create_time": 1, "end_time": 0, "update_time": 1}
TASK = {
    "task_id": "t",
    "user_id": "li.na",
    "links": LINKS,
    "status": "PENDING",
    "extra": "{}",
    "action_context": "n",
    "title": "@i18n@发票审批",
}
TASK |= {**TIMES, "action_configs": [{"action_type": "OWN", "action_name": "@i18n@发票审批", "is_reason_required": True}]}
COPY = {"cc_id": "c", "user_id": "li.na", "links": LINKS, "read_status": "READ", "create_time": 1, "update_time": 1}
INSTANCE = {"approval_code": "A", "instance_id": "i", "status": "PENDING", "links": LINKS, "title": "@i18n@发票审批", "user_id": "li.na"}
INSTANCE |= {"form": [{"name": "a", "value": "b"}], "start_time": 1, "end_time": 0, "update_time": 1, "update_mode": "UPDATE"}
INSTANCE |= {"task_list": [TASK], "cc_list": [COPY], "i18n_resources": TEXTS}
EXTERNAL = {"support_pc": True, "action_callback_url": "https://p.example", "action_callback_key": "k", "action_callback_token": "t"}
DEFINITION = {"approval_name": "@i18n@发票审批", "approval_code": "A", "group_code": "g", "external": EXTERNAL, "i18n_resources": TEXTS}
DEFINITION |= {"viewers": [{"viewer_type": "USER", "viewer_user_id": "ou_li.na"}], "managers": ["ou_li.na"]}
CHECK = {"instances": [{"instance_id": "i", "update_time": 1, "tasks": [{"task_id": "t", "update_time": 1}]}]}
FEATURE = {
    "name": "TASK_EXECUTE",
    "runType": "ORIGIN",
    "callback": {"appUuid": "dingsimcorp", "apiKey": "simulated-api-key", "version": "1"},
}
CENTRE = "/v1.0/workflow/processCentres"
CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "x", "desc": "y"},
    "task_id": "t",
    "card_action": {"type": 1, "url": "u"},
}
CARD |= {"horizontal_content_list": [{"keyname": "k", "value": "v"}], "button_list": [{"text": "t", "key": "k", "type": 0}]}
MESSAGE = {"touser": "li.na", "msgtype": "template_card", "agentid": 1000002, "template_card": CARD, "enable_duplicate_check": 1}
ROW = {"syscode": "shenpi", "flowid": "f", "requestname": "r", "workflowname": "w", "nodename": "n", "isremark": "0", "viewtype": "0"}
ROW |= {"creator": "li.na", "createdatetime": "2026-11-28 09:00:00", "receiver": "li.na", "receivedatetime": "2026-11-28 09:00:00"}
ROW |= {"receivets": "1", "pcurl": "/p", "appurl": "/a"}
PENDING = {"registerCode": "3001", "taskId": "t", "title": "x", "senderName": "s", "state": 0, "subState": 0, "thirdReceiverId": "li.na"}
PENDING |= {"creationDate": "2026-11-28 09:00", "noneBindingReceiver": "li.na", "url": "u"}

CALLS: list[tuple[ModuleType, str, str, dict[str, Any]]] = [
    (feishu, "POST", "/open-apis/approval/v4/external_instances", INSTANCE),
    (feishu, "POST", "/open-apis/approval/v4/external_approvals", DEFINITION),
    (feishu, "POST", "/open-apis/approval/v4/external_instances/check", CHECK),
    (
        feishu,
        "GET",
        "/open-apis/approval/v4/external_tasks",
        {"approval_codes": ["A"], "instance_ids": ["i"], "user_ids": ["u"], "status": "x"},
    ),
    (feishu, "POST", "/open-apis/approval/v1/message/send", {"user_id": "li.na", "template_id": "1", "uuid": "u"}),
    (
        dingtalk,
        "POST",
        f"{CENTRE}/schemas",
        {"name": "n", "formComponents": [{"componentType": "TextField"}], "processFeatureConfig": {"features": [FEATURE]}},
    ),
    (
        *(dingtalk, "POST", f"{CENTRE}/instances"),
        {
            **{
                "processCode": "A",
                "originatorUserId": "li.na",
                "url": "u",
                "title": "t",
                "bizData": "b",
                "featureConfig": {"features": [FEATURE]},
            },
            **{"formComponentValueList": [{"name": "a", "value": "b"}], "notifiers": [{"userid": "li.na", "position": "start"}]},
        },
    ),
    (
        *(dingtalk, "POST", f"{CENTRE}/tasks"),
        {"processInstanceId": "i", "activityId": "a", "tasks": [{"userId": "li.na", "url": "u", "customData": "c", "dueTimestamp": 1}]},
    ),
    (dingtalk, "PUT", f"{CENTRE}/tasks", {"processInstanceId": "i", "tasks": [{"taskId": 1, "status": "COMPLETED", "result": "AGREE"}]}),
    (dingtalk, "POST", f"{CENTRE}/tasks/cancel", {"processInstanceId": "i", "activityId": "a", "activityIds": ["b"]}),
    (
        *(dingtalk, "POST", "/v1.0/todo/users/on_li.na/tasks"),
        {
            "subject": "s",
            "sourceId": "x",
            "executorIds": ["on_li.na"],
            "detailUrl": {"appUrl": "u"},
            "contentFieldList": [{"fieldKey": "k"}],
        },
    ),
    (wecom, "POST", "/cgi-bin/message/send", MESSAGE),
    (
        wecom,
        "POST",
        "/cgi-bin/message/update_template_card",
        {"agentid": 1000002, "response_code": "r", "userids": ["li.na"], "template_card": CARD},
    ),
    (weaver, "POST", "/rest/ofs/ReceiveRequestInfoByJson", ROW),
    (weaver, "POST", "/rest/ofs/ProcessOverRequestByJson", ROW),
    (seeyon, "POST", "/seeyon/rest/thirdpartyPending/receive", PENDING),
    (seeyon, "POST", "/seeyon/rest/thirdpartyPending/receive/pendings", {"pendingList": [PENDING]}),
    (seeyon, "POST", "/seeyon/rest/thirdpartyPending/updatePendingState", PENDING),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every field and item of a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    result: Any = copy.deepcopy(body)
    at = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return dict(result)


@pytest.mark.parametrize(
    ("module", "method", "path", "body"), CALLS, ids=lambda value: value if isinstance(value, str) and "/" in value else ""
)
def test_a_field_of_a_wrong_kind_is_no_crash(tmp_path: Path, module: ModuleType, method: str, path: str, body: dict[str, Any]) -> None:
    app = module.create_app(module.Config(store=str(tmp_path / "sim.sqlite"), per_second=0, per_minute=0))
    made, client = app.extensions["simulator"], app.test_client()
    made.people.replace(PEOPLE)
    for place in places(body):
        for value in VALUES:
            token = prepare(made, module)
            headers = {"Authorization": f"Bearer {token}", "x-acs-dingtalk-access-token": token, "token": token}
            sent = changed(body, place, value)
            answer = client.open(path, method=method, json=sent, headers=headers, query_string={"access_token": token})
            assert answer.status_code in (200, 400), (place, value, answer.get_data(as_text=True)[:300])
            for door in ("tasks", "instances", "todos?person=li.na") if answer.status_code == 200 else ():
                assert client.get(f"/_sim/{door}").status_code == 200, (place, value)
    made.close()


def prepare(made: Simulator, module: ModuleType) -> str:
    """Let the simulator hold only what the calls speak of; return a token."""
    made.ledger.reset()
    made.ledger.put("definition", "A", {"approval_code": "A", "approval_name": "@i18n@发票审批", "texts": {}, "external": {}})
    made.ledger.put("schema", "A", {"features": [], "processCode": "A", "name": "n"})
    if module is dingtalk:
        instance = {"key": "i", "person": "li.na", "status": "RUNNING", "result": None, "features": [], "how": []}
        made.ledger.put("instance", "i", {**instance, "sent": {"processCode": "A", "url": "u"}})
    subject = {feishu: "tenant", dingtalk: "app", wecom: "app"}.get(module, "rest")
    return made.tokens.give(subject, 1e9, same_while=0)[0]
