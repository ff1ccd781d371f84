"""`shenpi demo`: the whole story over HTTP against the running server, step by step; exit code 0 only if everything really happened."""

import re
import tempfile
import time
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import httpx
from rich.console import Console

from api.cli import given
from api.cli.company import PASSWORD
from api.cli.given import Given
from engine.history.chain import Row, verify
from processes.archive import verify as package
from processes.invoice.invoice import Invoice
from processes.invoice.samples.generate import default_number

console = Console(soft_wrap=True, highlight=False)
LABELS = {
    "instance:started": "提交", "task:created": "生成待办", "task:completed": "审批", "instance:completed": "结束", "oa:delivered": "已同步办公系统",
    "job:completed": "作业完成", "archive:sealed": "归档包封存", "decision:evaluated": "权限判定", "operation:completed": "系统处理",
}  # fmt: skip


class Failed(click.ClickException):
    """Something that should have happened did not."""


class Visitor:
    """Somebody of the demo company in a browser of her own."""

    def __init__(self, url: str, key: str) -> None:
        self.key = key
        self.http = httpx.Client(base_url=url, timeout=30, follow_redirects=True)
        token = self._csrf(self.http.get("/sign-in").text)
        answer = self.http.post("/sign-in", data={"key": key, "password": PASSWORD, "csrf_token": token, "next": "/me"})
        if answer.status_code != 200 or str(answer.url).endswith("/sign-in"):
            raise Failed(f"{key} 无法登录 / cannot sign in (HTTP {answer.status_code})")
        self.http.headers["X-CSRFToken"] = self._csrf(answer.text)

    @staticmethod
    def _csrf(page: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', page) or re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        return found[1] if found else ""

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(f"/api/v1{path}", params=parameters)
        if answer.status_code != 200:
            raise Failed(f"GET {path}: HTTP {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def post(self, path: str, **content: Any) -> httpx.Response:
        return self.http.post(f"/api/v1{path}", headers={"Idempotency-Key": f"demo-{time.time_ns()}"}, **content)


class Story:
    """One invoice from upload to a verified archive package."""

    def __init__(self, url: str, simulator: str, patience: float) -> None:
        self.url = url
        self.office = httpx.Client(base_url=simulator, timeout=30)
        self.patience = patience
        self.people = {key: Visitor(url, key) for key in ("li.na", "wang.fang", "zhao.lei", "wu.gang", "chen.jing", "sun.mei", "ma.lin")}
        self.number = 0

    def say(self, text: str) -> None:
        self.number += 1
        console.print(f"[bold green]✓[/] {self.number:>2}  {text}")

    def wait(self, what: str, check: Callable[[], Any]) -> Any:
        """Wait until something is there; `Failed` names what did not come."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            try:
                value = check()
            except httpx.HTTPError as error:
                raise Failed(f"{what}: {type(error).__name__} {error}") from error
            if value:
                return value
            time.sleep(0.2)
        raise Failed(f"{self.patience:.0f} 秒内没有等到 / did not happen in time: {what}")

    # --- the steps

    def register_buyer(self, invoice: Invoice) -> None:
        """Make the buyer of a file given a legal entity of the demo company, so that the buyer rule passes."""
        body = {"name": invoice.buyer.name, "taxId": invoice.buyer.tax_id or f"NAME:{invoice.buyer.name}"}
        answer = self.people["ma.lin"].post("/legal-entities", json=body)
        if answer.status_code not in (200, 201):
            raise Failed(f"购买方登记失败 / the buyer could not be registered: {answer.text[:300]}")
        self.say(f"购买方登记为法人实体：{invoice.buyer.name}")

    def upload(self, file: Given) -> dict[str, Any]:
        answer = self.people["li.na"].post("/invoices", files={"file": (file.name, file.data)}, data=dict(file.fields))
        body: dict[str, Any] = answer.json()
        if answer.status_code != 201:
            raise Failed(f"{file.name} 未受理 / not accepted: {_reasons(answer, body)}")
        invoice = body["invoice"]
        seller, money = invoice["seller"]["name"], f"{invoice['currency']} {invoice['gross']}"
        self.say(f"李娜上传 {file.name}：{body['kind']}，{invoice['number']}，{seller}，{money} → {body['businessKey']}")
        if file.fields:
            self.say(f"文件没有写明的 {len(file.fields)} 项由李娜照票面填写")
        return body

    def bring_original(self, file: Given, filing: str) -> None:
        """A print is never filed alone: the electronic original joins it, and the archivist has everything checked again."""
        if file.original is None:
            raise Failed("归档要等电子原件 / the filing waits for the electronic original: --original FILE")
        name, data = file.original
        answer = self.people["li.na"].post("/invoices", files={"file": (name, data)})
        body = answer.json()
        if answer.status_code != 200:
            raise Failed(f"{name} 未附加 / not attached: {_reasons(answer, body)}")
        self.say(f"归档检测发现缺少电子原件；李娜补交 {name}：{body['result']}")
        self.decide("chen.jing", "陈静", filing, "resolve_faults", "recheck")

    def check(self, invoice_id: str) -> None:
        findings = self.people["li.na"].get(f"/invoices/{invoice_id}")["findings"]
        blocking = [finding for finding in findings if finding["severity"] == "block"]
        if blocking:
            raise Failed("检查未通过 / the checks block: " + "；".join(f"{finding['rule']} {finding['zh']}" for finding in blocking))
        warnings = sum(finding["severity"] == "warn" for finding in findings)
        self.say(f"自动检查 {len(findings)} 项，{warnings} 项提示，没有阻断")

    def task(self, person: str, case: str, element: str) -> dict[str, Any] | None:
        items = self.people[person].get("/user-tasks", limit=200)["items"]
        return next((item for item in items if item["processInstanceId"] == case and item["element"] == element), None)

    def press_in_simulator(self, case: str) -> None:
        """Approve as the department head, with the button in the office system."""

        def found() -> Any:
            items = self.office.get("/api/todos", params={"person": "wang.fang"}).json()
            return next((item for item in items if case in str(item)), None)

        todo = self.wait("王芳的待办出现在办公系统 / the to-do in the office system", found)
        key = todo.get("taskKey") or todo.get("task_key")
        body = {"person": "wang.fang", "taskKey": key, "outcome": "approve", "comment": "同意（在办公系统中）"}
        answer = self.office.post("/api/press", json=body)
        if answer.status_code != 200:
            raise Failed(f"模拟器按键失败 / the press failed: {answer.text[:300]}")
        self.wait("王芳的审批生效 / the decision is recorded", lambda: self.task("wang.fang", case, "approve_manager") is None)
        self.say(f"王芳在办公系统中点「同意」：{answer.json().get('answer')}")

    def decide(self, person: str, name: str, case: str, element: str, outcome: str = "approve", **values: str) -> None:
        task = self.wait(f"{name}的待办 / the to-do of {person}", lambda: self.task(person, case, element))
        answer = self.people[person].post(
            f"/user-tasks/{task['id']}/complete", json={"outcome": outcome, "comment": "同意", "values": values}
        )
        if answer.status_code != 200:
            raise Failed(f"{name}审批失败 / {person} could not approve: {answer.text[:300]}")
        self.say(f"{name}在本系统中{'同意' if outcome == 'approve' else '办理'}「{task['name']}」")

    def approve(self, case: str) -> None:
        self.press_in_simulator(case)
        self.decide(
            "zhao.lei",
            "赵蕾",
            case,
            "approve_finance",
            voucherNumber="记-0001",
            accountingPeriod=datetime.now().astimezone().strftime("%Y-%m"),
        )

        def next_stop() -> str | None:
            if self.task("wu.gang", case, "approve_director"):
                return "director"
            ended: str | None = self.people["ma.lin"].get(f"/process-instances/{case}")["outcome"]
            return ended

        if self.wait("财务审批后的下一步 / what follows finance", next_stop) == "director":
            self.decide("wu.gang", "吴刚", case, "approve_director")
        self.wait("审批结束 / the approval ends", lambda: self.people["ma.lin"].get(f"/process-instances/{case}")["status"] == "completed")
        outcome = self.people["ma.lin"].get(f"/process-instances/{case}")["outcome"]
        if outcome != "approve":
            raise Failed(f"审批结果是 {outcome} / the approval ended as {outcome}")
        self.say("审批通过，办公系统已通知，归档流程已发起")

    def file(self, case: str, file: Given) -> dict[str, Any]:
        def item() -> dict[str, Any] | None:
            items = self.people["chen.jing"].get("/archive-items", limit=200)["items"]
            return next((row for row in items if row["sourceInstanceId"] == case), None)

        found = self.wait("归档件 / the archive item", item)

        def stop() -> str | None:
            elements = ("resolve_faults", "confirm_filing")
            return next((each for each in elements if self.task("chen.jing", found["filingInstanceId"], each)), None)

        if self.wait("归档检测 / the checks of the filing", stop) == "resolve_faults":
            self.bring_original(file, found["filingInstanceId"])
        self.decide("chen.jing", "陈静", found["filingInstanceId"], "confirm_filing")
        sealed: dict[str, Any] = self.wait(
            "归档包封存 / the package is sealed", lambda: (row := item()) is not None and row["state"] == "sealed" and row
        )
        filing = found["filingInstanceId"]
        self.wait(
            "归档流程结束 / the filing ends", lambda: self.people["ma.lin"].get(f"/process-instances/{filing}")["status"] == "completed"
        )
        self.say(f"已归档：档号 {sealed['archivalCode']}，{sealed['package']['files']} 个文件，摘要 {sealed['package']['digest'][:16]}…")
        return sealed

    def verify_package(self, item: dict[str, Any]) -> None:
        answer = self.people["chen.jing"].http.get(f"/api/v1/archive-items/{item['id']}/package")
        if answer.status_code != 200:
            raise Failed(f"归档包无法下载 / the package cannot be downloaded: {answer.text[:300]}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "package.zip"
            path.write_bytes(answer.content)
            report = package.verify(path)
        if report.faults:
            raise Failed("归档包校验失败 / the package is damaged: " + "; ".join(str(fault) for fault in report.faults))
        if report.digest != item["package"]["digest"]:
            raise Failed("归档包摘要与封存记录不符 / the package is not the one that was sealed")
        self.say("下载归档包并离线校验：结构、数量、校验和、流转记录全部一致")

    def replay(self, case: str) -> None:
        record = self.people["sun.mei"].get(f"/process-instances/{case}/history")
        rows = [_row(case, event) for event in record["events"]]
        check = verify(rows)
        if check.faults:
            raise Failed("哈希校验失败 / the chain is broken: " + "; ".join(str(fault) for fault in check.faults))
        for event in record["events"]:
            if event["type"] in LABELS:
                who = record["people"].get(event["actor"] or "", {}).get("name", "")
                console.print(f"      {event['at'][11:23]}  {LABELS[event['type']]}  {event['element'] or ''}  {who}")
        answer = self.people["sun.mei"].get(f"/process-instances/{case}/verification")
        if not answer["ok"]:
            raise Failed(f"重新执行不一致 / it comes out differently: {answer['rerunFaults'] or answer['faults']}")
        self.say(f"孙梅回放：哈希 {check.events}/{check.events}，重新执行 {answer['rerunSteps']} 步结果一致")

    def is_gone(self, person: str, case: str) -> bool:
        return case not in self.office.get("/api/todos", params={"person": person}).text

    def is_registered(self, code: str) -> bool:
        return any(request["payload"].get("archivalCode") == code for request in self.office.get("/api/requests").json())

    def look_in_simulator(self, case: str, item: dict[str, Any]) -> None:
        for person in ("wang.fang", "zhao.lei", "wu.gang"):
            self.wait(f"{person} 在办公系统中没有遗留待办 / no to-do is left over", partial(self.is_gone, person, case))
        self.wait("办公系统已登记归档 / the office system has the archive entry", partial(self.is_registered, item["archivalCode"]))
        self.say("办公系统：待办全部关闭，归档已登记")


def _reasons(answer: httpx.Response, body: dict[str, Any]) -> str:
    reasons = "；".join(fault.get("zh", "") for fault in body.get("faults", [])) or body.get("detail", "")
    needed = " ".join(f"--field {name}=..." for name in body.get("missing", []))
    return f"{body.get('result', answer.status_code)} {reasons} {needed}".strip()


def _row(case: str, event: dict[str, Any]) -> Row:
    def raw(name: str) -> bytes | None:
        return b64decode(event[name]) if event[name] is not None else None

    return Row(
        UUID(case), event["number"], event["step"], event["type"], datetime.fromisoformat(event["at"]), event["actor"], event["element"],
        raw("body") or b"", bytes.fromhex(event["hash"]), raw("personal"), raw("salt"),
    )  # fmt: skip


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, envvar="SHENPI_PUBLIC_URL")
@click.option("--simulator", default="http://127.0.0.1:8100", show_default=True)
@click.option("--kind", default="einvoice", show_default=True, type=click.Choice(list(given.KINDS)), help="kind of the shipped sample")
@click.option(
    "--field", "fields", multiple=True, metavar="NAME=VALUE", help="what FILE does not say, such as seller.name=...; may be repeated"
)
@click.option(
    "--original",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="the electronic original of a FILE that is only a print",
)
@click.option("--patience", default=60.0, show_default=True, help="seconds to wait for each step")
def demo(file: Path | None, url: str, simulator: str, kind: str, fields: tuple[str, ...], original: Path | None, patience: float) -> None:
    """Tell the whole story with a shipped sample, or with FILE: upload, approve in the office system and here, file, verify, replay."""
    said = dict(map(given.field_of, fields))
    try:
        httpx.get(f"{url}/health/ready", timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        raise Failed(f"{url} 没有应答，请先运行 make run / the server does not answer; start it with make run") from error
    submitted = (
        given.sample(kind, default_number(kind, time.time_ns() // 1_000_000 % 10**6))
        if file is None
        else given.from_file(file, said, original)
    )
    story = Story(url, simulator, patience)
    try:
        if submitted.buyer is not None:
            story.register_buyer(submitted.buyer)
        body = story.upload(submitted)
        story.check(body["invoiceId"])
        story.approve(body["caseId"])
        item = story.file(body["caseId"], submitted)
        story.verify_package(item)
        story.replay(body["caseId"])
        story.look_in_simulator(body["caseId"], item)
    except httpx.HTTPError as error:
        raise Failed(f"{type(error).__name__}: {error}") from error
    console.print(f"[bold green]完成 / done[/]  {url}/cases/{body['caseId']}/replay")
