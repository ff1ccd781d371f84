"""DingTalk's own client against our DingTalk: what it sends is understood, and what it reads is what it expects."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sdk_support import Sdk

from api.simulators.dingtalk import Config, create_app

contacts, todos = Sdk("alibabacloud_dingtalk.contact_1_0.client"), Sdk("alibabacloud_dingtalk.todo_1_0.client")
answers, todo = Sdk("alibabacloud_dingtalk.contact_1_0.models"), Sdk("alibabacloud_dingtalk.todo_1_0.models")
oauth, signing_in = Sdk("alibabacloud_dingtalk.oauth2_1_0.models"), Sdk("alibabacloud_dingtalk.oauth2_1_0.client")
workflow, centre = Sdk("alibabacloud_dingtalk.workflow_1_0.models"), Sdk("alibabacloud_dingtalk.workflow_1_0.client")
openapi, runtime, failures = Sdk("alibabacloud_tea_openapi.models"), Sdk("alibabacloud_tea_util.models"), Sdk("Tea.exceptions")


def soon() -> Any:
    return runtime.RuntimeOptions(read_timeout=30000, connect_timeout=30000)


class Organisation:
    """The vendor's clients, pointed at our simulator."""

    def __init__(self, url: str, doors: Any) -> None:
        config = openapi.Config(protocol="http", region_id="central", endpoint=url.removeprefix("http://"))
        self.doors, self.oauth, self.workflow = doors, signing_in.Client(config), centre.Client(config)
        self.todo, self.contact = todos.Client(config), contacts.Client(config)
        given = oauth.GetAccessTokenRequest(app_key="dingsimappkey", app_secret="simulated-app-secret")
        self.token = self.oauth.get_access_token_with_options(given, {}, soon()).body.access_token

    def headers(self, kind: Any) -> Any:
        return kind(x_acs_dingtalk_access_token=self.token)

    def define(self) -> str:
        component = workflow.FormComponent(component_type="TextField", props=workflow.FormComponentProps(label="供应商"))
        request = workflow.SaveProcessRequest(name="付款审批", description="付款", form_components=[component])
        made = self.workflow.save_process_with_options(request, self.headers(workflow.SaveProcessHeaders), soon())
        return str(made.body.result.process_code)

    def begin(self, code: str, title: str = "发票审批") -> str:
        value = workflow.SaveIntegratedInstanceRequestFormComponentValueList(name="供应商", value="华信")
        request = workflow.SaveIntegratedInstanceRequest(
            process_code=code, originator_user_id="li.na", url="https://p.example/i/1", title=title
        )
        request.form_component_value_list = [value]
        made = self.workflow.save_integrated_instance_with_options(request, self.headers(workflow.SaveIntegratedInstanceHeaders), soon())
        return str(made.body.result.process_instance_id)


@pytest.fixture
def organisation(tmp_path: Path, serve: Callable[[Flask], str], open_client: Any, people: Any) -> Organisation:
    url = serve(create_app(Config(store=str(tmp_path / "dingtalk.sqlite"), todo_shape="result")))
    doors = open_client(url)
    doors.post("/_sim/people", json=people)
    return Organisation(url, doors)


def test_the_vendors_client_carries_a_case_from_its_beginning_to_its_end(organisation: Organisation) -> None:
    client, headers = organisation.workflow, organisation.headers
    instance = organisation.begin(organisation.define())
    tasks = [workflow.CreateIntegratedTaskRequestTasks(user_id=each, url="https://p.example/t") for each in ("wang.fang", "zhao.lei")]
    request = workflow.CreateIntegratedTaskRequest(process_instance_id=instance, activity_id="approve", tasks=tasks)
    made = client.create_integrated_task_with_options(request, headers(workflow.CreateIntegratedTaskHeaders), soon()).body.result
    listing = workflow.QueryIntegratedTodoTaskRequest(user_id="wang.fang", page_number=1, page_size=20)

    listed = client.query_integrated_todo_task_with_options(listing, headers(workflow.QueryIntegratedTodoTaskHeaders), soon()).body.result
    ended = workflow.UpdateIntegratedTaskRequestTasks(task_id=made[0].task_id, status="COMPLETED", result="AGREE")
    update = workflow.UpdateIntegratedTaskRequest(process_instance_id=instance, tasks=[ended])
    assert client.update_integrated_task_with_options(update, headers(workflow.UpdateIntegratedTaskHeaders), soon()).body.success is True
    cancel = workflow.CancelIntegratedTaskRequest(process_instance_id=instance, activity_id="approve")
    assert client.cancel_integrated_task_with_options(cancel, headers(workflow.CancelIntegratedTaskHeaders), soon()).body.success is True
    finish = workflow.UpdateProcessInstanceRequest(process_instance_id=instance, status="COMPLETED", result="agree")
    assert client.update_process_instance_with_options(finish, headers(workflow.UpdateProcessInstanceHeaders), soon()).body.success is True

    assert [each.user_id for each in made] == ["wang.fang", "zhao.lei"]
    assert [(each.task_id, each.activity_id, each.process_instance_id) for each in listed.list] == [(made[0].task_id, "approve", instance)]
    states = {each["person"]: each["status"] for each in organisation.doors.get("/_sim/tasks").json()}
    assert states == {"wang.fang": "COMPLETED", "zhao.lei": "CANCELED"}


def test_the_vendors_client_finds_and_deletes_a_template(organisation: Organisation) -> None:
    client, code = organisation.workflow, organisation.define()

    request = workflow.GetProcessCodeByNameRequest(name="付款审批")
    found = client.get_process_code_by_name_with_options(request, organisation.headers(workflow.GetProcessCodeByNameHeaders), soon())
    gone = workflow.DeleteProcessRequest(process_code=code, clean_running_task=True)
    client.delete_process_with_options(gone, organisation.headers(workflow.DeleteProcessHeaders), soon())

    assert found.body.result.process_code == code
    with pytest.raises(failures.TeaException, match="流程模板不存在"):
        organisation.begin(code)


def test_the_vendors_client_makes_and_ends_a_to_do(organisation: Organisation) -> None:
    client, headers = organisation.todo, organisation.headers
    request = todo.CreateTodoTaskRequest(subject="发票审批", source_id="t-1", executor_ids=["on_wang.fang"], operator_id="on_li.na")
    request.detail_url = todo.CreateTodoTaskRequestDetailUrl(app_url="https://p.example/t", pc_url="https://p.example/t")

    made = client.create_todo_task_with_options("on_li.na", request, headers(todo.CreateTodoTaskHeaders), soon()).body
    found = client.get_todo_task_by_source_id_with_options("on_li.na", "t-1", headers(todo.GetTodoTaskBySourceIdHeaders), soon()).body
    states = [todo.UpdateTodoTaskExecutorStatusRequestExecutorStatusList(id="on_wang.fang", is_done=True)]
    update = todo.UpdateTodoTaskExecutorStatusRequest(executor_status_list=states, operator_id="on_li.na")
    done = client.update_todo_task_executor_status_with_options(
        "on_li.na", made.id, update, headers(todo.UpdateTodoTaskExecutorStatusHeaders), soon()
    )

    assert (found.id, found.detail_url.app_url) == (made.id, "https://p.example/t")
    assert done.body.result is True
    assert organisation.doors.get("/_sim/todos?person=wang.fang").json() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [("busy", "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"), ("revoke", "InvalidAuthentication"), ("fail", "ServiceUnavailable")],
)
def test_the_vendors_client_reads_refusals(organisation: Organisation, fault: str, code: str) -> None:
    organisation.doors.post("/_sim/faults", json={fault: 1})

    with pytest.raises(failures.TeaException) as raised:
        organisation.define()

    assert raised.value.code == code


def test_the_vendors_client_signs_a_person_in(organisation: Organisation) -> None:
    query = {
        "client_id": "dingsimappkey",
        "response_type": "code",
        "scope": "openid",
        "redirect_uri": "http://127.0.0.1:1/",
        "_person": "li.na",
    }
    back = organisation.doors.get("/oauth2/auth", params=query).next_request.url.params["authCode"]
    given = oauth.GetUserTokenRequest(
        client_id="dingsimappkey", client_secret="simulated-app-secret", code=back, grant_type="authorization_code"
    )

    token = organisation.oauth.get_user_token_with_options(given, {}, soon()).body.access_token
    who = organisation.contact.get_user_with_options("me", answers.GetUserHeaders(x_acs_dingtalk_access_token=token), soon()).body

    assert (who.union_id, who.nick) == ("on_li.na", "李娜")
