"""The journeys of an invoice, over HTTP between real processes; each is then run again from its record alone."""

import time
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from carriers_support import plain_ofd, tampered_ofd
from journeys_support import Installation
from tests_support import eventually

from processes.invoice.samples.generate import default_number, make, make_with_invoice
from processes.invoice.typed import texts

ASKED = ("net", "tax", "seller.name", "seller.taxId", "buyer.name", "buyer.taxId")


def running() -> int:
    """Return a running number that no other case of this run has."""
    return time.monotonic_ns() % 10**10


def typed(gross: str) -> dict[str, str]:
    """Return what a person reads off one of our own prints."""
    invoice, _ = make_with_invoice("pdf", gross=Decimal(gross))
    return {path: text for path, text in texts(invoice).items() if path in ASKED}


@pytest.fixture(autouse=True)
def everything_that_ran_comes_out_the_same_again(installation: Installation) -> Iterator[None]:
    """After each journey: the chain of every case verifies and its re-execution agrees."""
    yield
    cases = installation.client("sun.mei").get("/process-instances", params={"limit": 200}).json()["items"]
    for case in cases:
        answer = installation.client("sun.mei").get(f"/process-instances/{case['id']}/verification").json()
        assert answer["ok"], (case["businessKey"], answer)


def approve_everywhere(installation: Installation, case: str) -> None:
    """Wang Fang presses in the office system, Zhao Lei decides on our side."""
    todo = eventually(lambda: next((item for item in installation.todos("wang.fang") if case in str(item)), None))
    key = todo.get("taskKey") or todo["task_key"]
    assert installation.press("wang.fang", key, "approve", "同意").status_code == 200
    installation.finance(case)


def ended(installation: Installation, case: str) -> dict:
    return eventually(lambda: (row := installation.case(case))["status"] != "running" and row)


def test_an_invoice_is_approved_in_two_places_filed_and_sealed(installation: Installation) -> None:
    case = installation.submit()["caseId"]

    approve_everywhere(installation, case)

    assert ended(installation, case)["outcome"] == "approve"
    item = eventually(lambda: installation.item_of(case))
    installation.decide("chen.jing", item["filingInstanceId"], "confirm_filing")
    sealed = eventually(lambda: (row := installation.item_of(case)) and row["state"] == "sealed" and row)
    assert sealed["archivalCode"].startswith("S001-KU·PZ·2026-D30-")
    assert ended(installation, item["filingInstanceId"])["outcome"] == "approve"
    path = next((installation.home / "archive").rglob("bagit.txt")).parent
    checked = installation.shenpi("verify", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert installation.shenpi("verify", "--all").returncode == 0


def test_a_rejected_invoice_ends_and_may_be_submitted_again(installation: Installation) -> None:
    number = default_number("einvoice", running())
    file = make("einvoice", number=number)
    case = installation.upload(*file).json()["caseId"]

    installation.decide("wang.fang", case, "approve_manager", "reject", "与合同不符")

    assert ended(installation, case)["outcome"] == "reject"
    again = installation.upload(*file)
    assert again.status_code == 201
    assert again.json()["result"] == "again"
    assert again.json()["caseId"] != case


def test_a_returned_invoice_is_corrected_and_approved(installation: Installation) -> None:
    number = default_number("pdf", running())
    file = make("pdf", number=number, gross=Decimal("8600.00"))
    wrong = {**typed("8600.00"), "seller.name": "华东办公用品公司"}
    first = installation.upload(*file, **wrong).json()
    case = first["caseId"]

    installation.decide("wang.fang", case, "approve_manager", "return", "销售方名称少了“有限”二字")
    installation.task("li.na", case, "correct_submission")
    corrected = installation.upload(*file, **typed("8600.00"))
    assert (corrected.status_code, corrected.json()["result"], corrected.json()["caseId"]) == (200, "corrected", case)
    installation.decide("li.na", case, "correct_submission", "resubmit", "已更正", reason="更正销售方名称")
    title = installation.case(case)["title"]
    installation.decide("wang.fang", case, "approve_manager")
    installation.finance(case)

    assert ended(installation, case)["outcome"] == "approve"
    assert "华东办公用品有限公司" in title
    comments = [event for event in installation.events(case) if event["type"] == "task:completed"]
    assert [event["element"] for event in comments] == ["approve_manager", "correct_submission", "approve_manager", "approve_finance"]
    kept = installation.client("zhao.lei").get(f"/invoices/{first['invoiceId']}").json()
    assert kept["content"]["seller"]["name"] == "华东办公用品有限公司"
    assert kept["changes"][0]["differences"] == [{"field": "seller.name", "kept": "华东办公用品公司", "said": "华东办公用品有限公司"}]


def test_an_invoice_that_was_withdrawn_does_not_come_back_with_another_amount(installation: Installation) -> None:
    number = default_number("einvoice", running())
    first = installation.upload(*make("einvoice", number=number, gross=Decimal("500000.00"))).json()
    assert installation.client("li.na").post(f"/process-instances/{first['caseId']}/withdraw", json={}).status_code == 200

    answer = installation.upload(*make("einvoice", number=number, gross=Decimal("9000.00")))

    assert answer.status_code == 409
    assert "500000.00" in answer.text and "9000.00" in answer.text


def test_a_withdrawn_invoice_leaves_no_to_do_anywhere(installation: Installation) -> None:
    case = installation.submit()["caseId"]
    eventually(lambda: any(case in str(item) for item in installation.todos("wang.fang")))

    assert installation.client("wang.fang").post(f"/process-instances/{case}/withdraw", json={}).status_code == 403
    assert installation.client("li.na").post(f"/process-instances/{case}/withdraw", json={"reason": "传错了"}).status_code == 200

    assert installation.case(case)["status"] == "withdrawn"
    eventually(lambda: not any(case in str(item) for item in installation.todos("wang.fang")))
    assert not any(item["processInstanceId"] == case for item in installation.client("wang.fang").get("/user-tasks").json()["items"])


def test_the_same_file_again_leads_to_the_case_that_is_there(installation: Installation) -> None:
    file = make("einvoice", number=default_number("einvoice", running()))
    first = installation.upload(*file).json()

    again = installation.upload(*file)

    assert again.status_code == 200
    assert again.json()["result"] == "exists"
    assert again.json()["caseId"] == first["caseId"]


def test_a_further_carrier_of_the_same_invoice_is_attached_to_it(installation: Installation) -> None:
    number = default_number("einvoice", running())
    first = installation.upload(*make("einvoice", number=number)).json()

    second = installation.upload(*make("pdf", number=number))

    assert second.json()["result"] == "attached", second.text
    carriers = installation.client("li.na").get(f"/invoices/{first['invoiceId']}").json()["carriers"]
    assert {carrier["syntax"] for carrier in carriers} == {"einvoice", "pdf"}


def joined(installation: Installation, one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
    first, second = installation.upload(*one).json(), installation.upload(*other).json()

    assert (first["result"], second["result"]) == ("new", "attached"), second
    assert first["caseId"] == second["caseId"]


def test_the_same_invoice_in_ubl_and_cii_is_one_case(installation: Installation) -> None:
    number = default_number("ubl", running())
    joined(installation, make("ubl", number=number), make("cii", number=number))


def test_a_real_invoice_in_ubl_and_cii_is_one_case(installation: Installation, samples: Path) -> None:
    paths = samples / "ubl" / "guide-example1.xml", samples / "cii" / "CII_example1.xml"
    joined(installation, *((path.name, path.read_bytes()) for path in paths))


def refused(installation: Installation, name: str, data: bytes, result: str) -> dict[str, Any]:
    """A file is answered with its faults and leaves nothing: no case, no invoice, no bytes."""
    answer = installation.upload(name, data)

    assert answer.status_code == 422
    body: dict[str, Any] = answer.json()
    assert (body["result"], body["caseId"], body["invoiceId"]) == (result, None, None)
    assert body["faults"]
    with psycopg.connect(installation.database.replace("+psycopg", "")) as connection:
        digest = sha256(data).hexdigest()
        assert connection.execute("SELECT count(*) FROM stored_file WHERE sha256 = %s", (digest,)).fetchone() == (0,)
    return body


def test_a_broken_file_is_answered_with_its_place_and_leaves_nothing(installation: Installation) -> None:
    xml = make("ubl", number=default_number("ubl", running()))[1]
    pdf = make("facturx", number=default_number("facturx", running()))[1]
    assert refused(installation, "half.xml", xml[: len(xml) // 2], "unreadable")["faults"][0]["line"]
    assert "IssueDate" in str(refused(installation, "date.xml", xml.replace(b"2026-11-02", b"2026-99-02"), "unreadable")["faults"])
    refused(installation, "half.pdf", pdf[: len(pdf) // 2].replace(b"%%EOF", b""), "unreadable")


def test_a_real_broken_file_is_answered_with_its_place_and_leaves_nothing(installation: Installation, samples: Path) -> None:
    path = samples / "facturx" / "negative-invalid-xml-encoding.pdf"
    refused(installation, path.name, path.read_bytes(), "unreadable")


def test_a_tampered_ofd_is_refused_with_the_part_that_was_changed(installation: Installation) -> None:
    number = default_number("ofd", running())
    found = refused(installation, "发票.ofd", tampered_ofd(number), "tampered")
    assert "Doc_0/Document.xml" in str(found["faults"])
    assert installation.upload(*make("ofd", number=number)).status_code == 201, "the untouched one is taken"
    assert installation.upload("发票.ofd", tampered_ofd(number)).json()["result"] == "tampered", "and its like is not attached to it"


def test_a_real_tampered_ofd_is_refused_with_the_part_that_was_changed(installation: Installation, samples: Path) -> None:
    found = refused(installation, "发票.ofd", (samples / "ofd" / "tampered-document-xml.ofd").read_bytes(), "tampered")
    assert "Doc_0/Document.xml" in str(found["faults"])


def test_a_valid_ofd_that_is_no_invoice_is_classified_and_not_a_failure(installation: Installation) -> None:
    refused(installation, "plain.ofd", plain_ofd(), "not-an-invoice")


def test_a_real_ofd_that_is_no_invoice_is_classified_and_not_a_failure(installation: Installation, samples: Path) -> None:
    refused(installation, "hello.ofd", (samples / "ofd" / "not-an-invoice-helloworld.ofd").read_bytes(), "not-an-invoice")


def test_an_invoice_over_the_limit_goes_to_the_director(installation: Installation) -> None:
    case = installation.submit(gross="10600.00")["caseId"]

    installation.decide("wang.fang", case, "approve_manager")
    installation.finance(case)
    assert installation.case(case)["status"] == "running"
    installation.decide("wu.gang", case, "approve_director")

    assert ended(installation, case)["outcome"] == "approve"


def test_an_invoice_of_an_unknown_currency_goes_to_the_director(installation: Installation) -> None:
    name, data = make("ubl", number=default_number("ubl", running()), gross=Decimal("10.00"))
    case = installation.upload(name, data.replace(b"EUR", b"JPY")).json()["caseId"]

    installation.decide("wang.fang", case, "approve_manager")
    installation.finance(case)

    assert installation.task("wu.gang", case, "approve_director")


def test_a_late_approver_is_reminded_on_the_page_and_in_the_office_system(installation: Installation) -> None:
    case = installation.submit()["caseId"]

    assert installation.shenpi("clock", "advance", "PT25H").returncode == 0

    eventually(lambda: any(event["type"] == "task:reminded" for event in installation.events(case)))
    requests = eventually(
        lambda: [item for item in httpx.get(f"{installation.simulator}/api/requests", verify=False).json() if case in str(item)]
    )
    assert "urge" in str(requests)
    installation.decide("wang.fang", case, "approve_manager")


def test_a_press_that_comes_too_late_is_answered_kindly_and_changes_nothing(installation: Installation) -> None:
    case = installation.submit()["caseId"]
    todo = eventually(lambda: next((item for item in installation.todos("wang.fang") if case in str(item)), None))
    installation.decide("wang.fang", case, "approve_manager")
    before = [event["type"] for event in installation.events(case)]

    answer = installation.press("wang.fang", todo.get("taskKey") or todo["task_key"], "reject", "太晚了")

    assert "王芳" in str(answer.json()["answer"])
    decisions = [event for event in installation.events(case) if event["type"] == "task:completed"]
    assert len(decisions) == before.count("task:completed") == 1


def test_the_office_system_is_down_for_a_while_and_nothing_is_lost(installation: Installation) -> None:
    installation.stop("simulator")
    case = installation.submit()["caseId"]
    installation.decide("wang.fang", case, "approve_manager")
    installation.finance(case)
    waits = eventually(
        lambda: [row for row in installation.client("ma.lin").get("/jobs").json()["items"] if row["processInstanceId"] == case]
    )
    assert waits[0]["state"] in ("waiting", "retrying")
    assert installation.case(case)["status"] == "running"

    installation.start("simulator")
    installation.fault(fail=2)

    assert ended(installation, case)["outcome"] == "approve"
    eventually(lambda: not any(case in str(installation.todos(person)) for person in ("wang.fang", "zhao.lei")))
    told = [
        row for row in httpx.get(f"{installation.simulator}/api/requests", verify=False).json() if row["payload"].get("instanceKey") == case
    ]
    assert [row["operation"] for row in told] == ["oa.notify"]
    eventually(lambda: "oa:delivered" in [event["type"] for event in installation.events(case)])


def test_an_answer_lost_after_the_office_system_took_it_is_asked_again_and_done_once(installation: Installation) -> None:
    installation.fault(lose=2)
    case = installation.submit()["caseId"]
    installation.decide("wang.fang", case, "approve_manager")
    installation.finance(case)

    assert ended(installation, case)["outcome"] == "approve"
    told = [
        row for row in httpx.get(f"{installation.simulator}/api/requests", verify=False).json() if row["payload"].get("instanceKey") == case
    ]
    assert len(told) == 1


def test_a_button_whose_message_arrives_twice_counts_once(installation: Installation) -> None:
    case = installation.submit()["caseId"]
    todo = eventually(lambda: next((item for item in installation.todos("wang.fang") if case in str(item)), None))
    installation.fault(duplicate=1)

    installation.press("wang.fang", todo.get("taskKey") or todo["task_key"])

    installation.task("zhao.lei", case, "approve_finance")
    assert [event["type"] for event in installation.events(case)].count("task:completed") == 1


def test_qian_yi_learns_nothing(installation: Installation) -> None:
    case = installation.submit()

    client = installation.client("qian.yi")

    assert client.get("/process-instances").json()["items"] == []
    assert client.get("/user-tasks").json()["items"] == []
    for path in ("", "/variables", "/history"):
        assert client.get(f"/process-instances/{case['caseId']}{path}").status_code == 404
    assert client.get(f"/invoices/{case['invoiceId']}").status_code == 404
    assert client.get("/archive-items").status_code == 403
    assert client.post("/invoices", files={"file": make("einvoice")}).status_code == 403
