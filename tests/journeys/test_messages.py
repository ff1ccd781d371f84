"""Messages, signals, times and suspension on an installation of real processes: web server, worker, jobs."""

from typing import Any
from uuid import uuid4

from drawings import END, START, catch, human, node, path, start, whole
from journeys_support import Installation, eventually

WAIT = whole(START, catch("m", "message", "Paid"), human("a"), END, path("start", "m", "a", "end"), key="wait_paid")
HEAR = whole(START, catch("s", "signal", "Open"), human("a"), END, path("start", "s", "a", "end"), key="hear_open")
SOON = whole(start("t", "timer", "PT0S"), human("a"), END, path("t", "a", "end"), key="soon")
TELL = whole(
    START,
    node("intermediateThrowEvent", "say", '<messageEventDefinition messageRef="message_Told"/>'),
    END,
    path("start", "say", "end"),
    key="tell",
)
TOLD = whole(start("heard", "message", "Told"), human("a"), END, path("heard", "a", "end"), key="told")


def deploy(installation: Installation, *drawings: bytes) -> None:
    files = [("files", (f"p{number}.bpmn", xml)) for number, xml in enumerate(drawings)]
    assert installation.client("zheng.hao").post("/deployments", files=files).status_code == 201


def begin(installation: Installation, key: str, **body: Any) -> str:
    answer = installation.client("li.na").post("/process-instances", json={"processDefinitionKey": key, **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def cases_of(installation: Installation, key: str) -> list[str]:
    items = installation.client("ma.lin").get("/process-instances", params={"processDefinitionKey": key}).json()["items"]
    return [item["id"] for item in items]


def test_what_comes_early_late_or_by_itself_reaches_its_case(installation: Installation) -> None:
    deploy(installation, WAIT, HEAR, SOON, TELL, TOLD)
    operator = installation.client("ma.lin")

    key = f"EARLY-{uuid4()}"
    sent = operator.post("/messages", json={"name": "Paid", "businessKey": key, "variables": {"amount": "1.00"}}).json()
    assert sent["state"] == "waiting"
    early = begin(installation, "wait_paid", businessKey=key)
    installation.task("wang.fang", early, "a")

    hearing = [begin(installation, "hear_open") for _ in range(3)]
    assert operator.post("/signals", json={"name": "Open"}).json()["processInstances"] == 3
    for case in hearing:
        installation.task("wang.fang", case, "a")

    begin(installation, "tell")
    told = eventually(lambda: cases_of(installation, "told"))
    soon = eventually(lambda: cases_of(installation, "soon"))
    assert (len(told), len(soon)) == (1, 1)
    assert installation.case(soon[0])["initiator"] == "system"


def test_a_suspended_case_waits_and_goes_on(installation: Installation) -> None:
    deploy(installation, WAIT)
    operator = installation.client("ma.lin")
    key = f"HELD-{uuid4()}"
    case = begin(installation, "wait_paid", businessKey=key)
    assert operator.post(f"/process-instances/{case}/suspend", json={"reason": "核查"}).json()["status"] == "suspended"
    assert operator.post("/messages", json={"name": "Paid", "businessKey": key}).json()["state"] == "waiting"

    assert operator.post(f"/process-instances/{case}/resume", json={"reason": "完毕"}).json()["status"] == "running"

    installation.task("wang.fang", case, "a")
    types = [event["type"] for event in installation.events(case)]
    assert types.index("instance:suspended") < types.index("instance:resumed") < types.index("message:received")


def test_a_suspended_process_suspends_its_cases(installation: Installation) -> None:
    deploy(installation, HEAR)
    operator = installation.client("ma.lin")
    cases = [begin(installation, "hear_open") for _ in range(3)]
    body = {"reason": "升级", "includeProcessInstances": True}

    assert operator.post("/process-definitions/hear_open/suspend", json=body).status_code == 200
    eventually(lambda: all(installation.case(case)["status"] == "suspended" for case in cases))
    assert operator.post("/process-definitions/hear_open/resume", json=body).status_code == 200
    eventually(lambda: all(installation.case(case)["status"] == "running" for case in cases))
