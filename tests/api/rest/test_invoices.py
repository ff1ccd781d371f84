"""One content of an invoice, whatever files carry it: what contradicts it is refused by name, corrected where that may be, and always seen."""

import re
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError
from web_support import Web, multipart
from werkzeug.test import TestResponse

from engine import incidents
from engine.database import transaction
from engine.operations import Outcome
from models import db
from models.invoice import Invoice
from models.runtime import UserTask
from processes.invoice.duplicates import find
from processes.invoice.samples.code import png
from processes.invoice.samples.generate import default_number, make

running = count(31_000)
TYPED = {
    "net": "9380.53", "tax": "1219.47", "seller.name": "华东办公用品有限公司", "seller.taxId": "91330100MA0000023P", "buyer.name": "上海申批科技有限公司",
    "buyer.taxId": "91310115MA0000015C",
}  # fmt: skip


def number() -> str:
    return default_number("einvoice", next(running))


def upload(web: Web, name: str, data: bytes, by: str = "li.na", **typed: str) -> TestResponse:
    body = multipart(("file", name, data))
    fields = b"".join(f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in typed.items())
    return web.post(by, "/invoices", data=fields + body["data"], content_type=body["content_type"])


def sample(web: Web, kind: str = "einvoice", by: str = "li.na", **options: Any) -> TestResponse:
    return upload(web, *make(kind, **options), by=by)


def withdraw(web: Web, case: str) -> None:
    assert web.post("li.na", f"/process-instances/{case}/withdraw", json={"reason": "传错了"}).status_code == 200


def decide(web: Web, case: str, person: str, outcome: str = "approve", **values: str) -> None:
    items = web.get(person, "/user-tasks?limit=200").json["items"]
    task = next(item["id"] for item in items if item["processInstanceId"] == case)
    answer = web.complete(person, task, outcome, comment="x", values=values)
    assert answer.status_code == 200, answer.text


def variable(web: Web, case: str) -> dict[str, Any]:
    found: dict[str, Any] = web.get("ma.lin", f"/process-instances/{case}/variables").json["invoice"]
    return {**found, "gross": found["gross"]["$d"]}


def invoice(web: Web, answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = web.get("zhao.lei", f"/invoices/{answer.json['invoiceId']}").json
    return found


def blocking(web: Web, answer: TestResponse, rule: str | None = None) -> list[str]:
    return [each["zh"] for each in invoice(web, answer)["findings"] if each["severity"] == "block" and rule in (None, each["rule"])]


def element(web: Web, case: str) -> list[str]:
    with web.inside(), transaction() as session:
        return list(session.scalars(select(UserTask.element).filter_by(instance_id=case, state="open")))


def test_a_withdrawn_invoice_is_not_submitted_again_with_another_amount(web: Web) -> None:
    first = sample(web, number=(known := number()), gross=Decimal("500000.00"))
    withdraw(web, first.json["caseId"])

    second = sample(web, number=known, gross=Decimal("9000.00"))

    assert second.status_code == 409, second.text
    assert (second.json["result"], second.json["code"]) == ("contradicts", "invoice-contradicts")
    gross = next(fault for fault in second.json["faults"] if fault["path"] == "gross")
    assert (gross["expected"], gross["found"]) == ("500000.00", "9000.00")
    assert [carrier["syntax"] for carrier in invoice(web, first)["carriers"]] == ["einvoice"]
    again = sample(web, number=known, gross=Decimal("500000.00"))
    assert again.json["result"] == "again"
    assert variable(web, again.json["caseId"])["gross"] == "500000.00"


def test_a_case_that_begins_again_rests_on_what_is_kept_and_not_on_the_file(web: Web) -> None:
    name, data = make("einvoice", number=(known := number()), gross=Decimal("500000.00"))
    first = upload(web, name, data)
    withdraw(web, first.json["caseId"])

    for kind in ("pdf", "photo"):  # its code states number, date and gross only
        code = sample(web, kind, number=known, gross=Decimal("9000.00"))
        assert (code.status_code, code.json["result"]) == (409, "contradicts")
    less = re.sub(rb"<TotalTaxAm>.*?</TotalTaxAm>|<SellerIdNum>.*?</SellerIdNum>", b"", data)
    again = upload(web, "less.xml", less)

    assert again.json["result"] == "again"
    assert invoice(web, again)["content"]["tax"] is not None
    assert variable(web, again.json["caseId"])["gross"] == "500000.00"


def test_an_open_case_refuses_every_contradiction_and_names_both_values(web: Web) -> None:
    name, data = make("einvoice", number=number())
    upload(web, name, data)
    for old, new, path in (
        ("2026-11-02", "2026-11-03", "issueDate"), ("9380.53", "9380.54", "net"), ("1219.47", "1219.48", "tax"), ("10600.00", "10600.01", "gross"),
        ("华东办公用品有限公司", "华西办公用品有限公司", "seller.name"), ("91330100MA0000023P", "91330100MA0000099X", "seller.taxId"),
        ("上海申批科技有限公司", "上海申批科技公司", "buyer.name"), ("91310115MA0000015C", "91310115MA0000099X", "buyer.taxId"),
    ):  # fmt: skip
        assert old.encode() in data, old
        answer = upload(web, "other.xml", data.replace(old.encode(), new.encode()))
        assert (answer.status_code, answer.json["result"]) == (409, "contradicts"), (path, answer.text)
        assert path in [fault["path"] for fault in answer.json["faults"]]
        assert old in str(answer.json["faults"]) and new in str(answer.json["faults"])


def test_another_spelling_is_no_contradiction(web: Web) -> None:
    name, data = make("einvoice", number=number())
    upload(web, name, data)
    other = data.replace(b"10600.00", b"10600.0").replace("华东办公用品有限公司".encode(), " 华东办公用品 有限公司".encode())
    answer = upload(web, "other.xml", other)
    assert answer.json["result"] == "attached", answer.text


def test_a_suspended_case_is_still_the_one_of_its_invoice(web: Web) -> None:
    name, data = make("einvoice", number=number())
    case = upload(web, name, data).json["caseId"]
    assert web.post("ma.lin", f"/process-instances/{case}/suspend", json={"reason": "等待"}).status_code == 200
    answer = upload(web, name, data)
    assert (answer.json["result"], answer.json["caseId"]) == ("exists", case)


def test_an_approved_invoice_refuses_what_contradicts_it(web: Web) -> None:
    first = sample(web, number=(known := number()), gross=Decimal("900.00"))
    case = first.json["caseId"]
    decide(web, case, "wang.fang")
    decide(web, case, "zhao.lei", voucherNumber="1", accountingPeriod="2026-11")
    assert sample(web, number=known, gross=Decimal("901.00")).status_code == 409


def test_typed_content_is_corrected_at_the_correction_and_the_checks_see_it(web: Web) -> None:
    name, data = make("pdf", number=(known := number()))
    wrong = {**TYPED, "net": "9000.00", "buyer.taxId": "91310115MA0000099X"}
    first = upload(web, name, data, **wrong)
    case = first.json["caseId"]
    assert element(web, case) == ["correct_submission"]
    assert blocking(web, first, "R01") and blocking(web, first, "R06")

    asked = upload(web, name, data)
    assert (asked.status_code, asked.json["result"]) == (422, "incomplete")
    assert asked.json["typed"]["net"] == "9000.00", "what was typed before comes back, to be put right"
    assert upload(web, name, data, by="zhao.lei", **TYPED).status_code == 409, "the case is not hers"
    right = upload(web, name, data, **TYPED)
    assert (right.status_code, right.json["result"], right.json["caseId"]) == (200, "corrected", case)

    kept = invoice(web, first)
    assert kept["content"]["net"] == "9380.53"
    (change,) = kept["changes"]
    assert (change["why"], change["by"]) == ("corrected", "li.na")
    assert {"field": "net", "kept": "9000.00", "said": "9380.53"} in change["differences"]
    decide(web, case, "li.na", "resubmit")
    assert element(web, case) == ["approve_manager"]
    assert blocking(web, first) == []
    assert sample(web, "photo", number=known).json["result"] == "attached"


def test_the_corrected_content_decides_who_approves(web: Web) -> None:
    known = default_number("xbrl", next(running))
    name, data = blank(known)
    typed = {**TYPED, "number": known, "issueDate": "2026-11-02", "currency": "EUR", "gross": "900.00", "net": "900.00", "tax": "0.00"}
    case = upload(web, name, data, **{**typed, "net": "800.00"}).json["caseId"]
    assert upload(web, name, data, **{**typed, "gross": "90000.00", "net": "90000.00"}).json["result"] == "corrected"
    decide(web, case, "li.na", "resubmit")
    assert variable(web, case)["gross"] == "90000.00"
    decide(web, case, "wang.fang")
    decide(web, case, "zhao.lei", voucherNumber="1", accountingPeriod="2026-11")
    assert element(web, case) == ["approve_director"]


def test_a_typing_error_in_the_number_is_corrected_too(web: Web) -> None:
    name, data = blank("typed")
    typed = {**TYPED, "number": "A-1", "issueDate": "2026-11-02", "currency": "EUR", "gross": "900.00", "net": "800.00", "tax": "0.00"}
    first = upload(web, name, data, **typed)
    right = {**typed, "number": "A-2", "net": "900.00"}
    assert upload(web, name, data, **right).json["result"] == "corrected"
    assert invoice(web, first)["number"] == "A-2"
    decide(web, first.json["caseId"], "li.na", "resubmit")
    other = upload(web, name, data, **{**right, "number": "A-3"})
    assert (other.status_code, other.json["faults"][0]["path"]) == (409, "number"), "somebody decides on it now"
    taken = upload(web, *blank("other"), **{**right, "number": "A-3", "gross": "905.00"})
    assert taken.json["result"] == "new"
    both = upload(web, name, data, **{**right, "number": "A-3", "gross": "905.00"})
    assert (both.status_code, both.json["faults"][0]["code"]) == (409, "file-known")


def test_typed_content_is_corrected_when_no_case_is_open(web: Web) -> None:
    name, data = make("pdf", number=number())
    first = upload(web, name, data, **{**TYPED, "net": "9380.52", "tax": "1219.48"})
    assert upload(web, name, data, **TYPED).status_code == 409, "the head of department looks at it"
    withdraw(web, first.json["caseId"])
    again = upload(web, name, data, **TYPED)
    assert again.json["result"] == "again"
    assert invoice(web, again)["content"]["net"] == "9380.53"
    assert len(invoice(web, again)["changes"]) == 1


def test_the_original_replaces_what_was_typed_and_lifts_the_block(web: Web) -> None:
    name, data = make("photo", number=(known := number()))
    first = upload(web, name, data, **{**TYPED, "net": "9000.00"})
    assert blocking(web, first, "R01")

    original = sample(web, "ofd", number=known)

    assert original.json["result"] == "corrected", original.text
    kept = invoice(web, first)
    assert (kept["content"]["syntax"], kept["content"]["typedFields"], kept["originalMissing"]) == ("ofd", [], False)
    assert kept["changes"][0]["why"] == "original"
    decide(web, first.json["caseId"], "li.na", "resubmit")
    assert element(web, first.json["caseId"]) == ["approve_manager"]
    page = web.browser("zhao.lei").get(f"/invoices/{first.json['invoiceId']}").text
    assert "电子原件替换了原有内容" in page and "9000.00" in page


def test_the_original_of_a_withdrawn_photo_replaces_it_and_two_originals_never_do(web: Web) -> None:
    name, data = make("photo", number=(known := number()))
    withdraw(web, upload(web, name, data, **{**TYPED, "seller.name": "别的公司"}).json["caseId"])
    again = sample(web, number=known)
    assert again.json["result"] == "again"
    assert variable(web, again.json["caseId"])["sellerName"] == "华东办公用品有限公司"
    withdraw(web, again.json["caseId"])
    assert sample(web, "ofd", number=known, buyer=("别的公司", "91310115MA0000015C")).status_code == 409


def test_an_original_that_contradicts_is_refused_while_somebody_decides(web: Web) -> None:
    name, data = make("pdf", number=(known := number()))
    first = upload(web, name, data, **{**TYPED, "net": "9380.52", "tax": "1219.48"})
    assert element(web, first.json["caseId"]) == ["approve_manager"]
    assert sample(web, number=known).status_code == 409
    assert invoice(web, first)["content"]["net"] == "9380.52"


def test_an_original_that_says_the_same_takes_the_place_of_the_print(web: Web) -> None:
    name, data = make("pdf", number=(known := number()))
    first = upload(web, name, data, **TYPED)
    assert sample(web, number=known).json["result"] == "attached"
    assert invoice(web, first)["content"]["syntax"] == "einvoice"


def test_a_correction_cannot_be_changed_or_deleted(web: Web) -> None:
    name, data = make("pdf", number=number())
    upload(web, name, data, **{**TYPED, "net": "1.00"})
    assert upload(web, name, data, **TYPED).json["result"] == "corrected"
    with web.inside(), transaction() as session:
        for statement in ("UPDATE invoice_change SET by = 'x'", "DELETE FROM invoice_change", "TRUNCATE invoice_change"):
            with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
                session.execute(text(statement))


# --- R08


def duplicates(web: Web, answer: TestResponse) -> list[tuple[str, str | None]]:
    return [(each["severity"], each["evidence"].get("existing")) for each in invoice(web, answer)["findings"] if each["rule"] == "R08"]


def test_the_same_amount_of_the_same_seller_within_three_days_only_warns_and_names_the_other_case(web: Web) -> None:
    first = sample(web, number=number(), gross=Decimal("4321.09"), issue_date=date(2026, 11, 2))
    assert duplicates(web, first) == [("ok", None)]
    near = sample(web, number=number(), gross=Decimal("4321.09"), issue_date=date(2026, 11, 5))
    assert duplicates(web, near) == [("warn", first.json["businessKey"])]
    assert element(web, near.json["caseId"]) == ["approve_manager"]
    far = sample(web, number=number(), gross=Decimal("4321.09"), issue_date=date(2026, 11, 9))
    assert duplicates(web, far) == [("ok", None)]


def looked_for(web: Web, answer: TestResponse) -> tuple[int, int]:
    """Return how many invoices like this one are named, and how many questions to the database it took."""
    asked: list[str] = []
    with web.inside(), transaction() as session:
        row = session.get_one(Invoice, UUID(answer.json["invoiceId"]))
        event.listen(db.engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
        try:
            return len(find(session, row)), len(asked)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)


def test_many_invoices_alike_take_no_more_questions_than_one(web: Web) -> None:
    first = sample(web, number=number(), gross=Decimal("6543.21"))
    sample(web, number=number(), gross=Decimal("6543.21"))
    named, asked = looked_for(web, first)
    assert named == 1
    for _ in range(11):
        sample(web, number=number(), gross=Decimal("6543.21"))
    assert looked_for(web, first) == (10, asked)


def test_what_arrives_meanwhile_is_found_at_the_recheck(web: Web) -> None:
    first = sample(web, number=number(), gross=Decimal("5432.10"))
    second = sample(web, number=number(), gross=Decimal("5432.10"))
    assert duplicates(web, first) == [("ok", None)]
    decide(web, first.json["caseId"], "wang.fang")
    assert duplicates(web, first) == [("warn", second.json["businessKey"])]
    assert element(web, first.json["caseId"]) == ["approve_finance"]


def test_the_number_of_an_earlier_invoice_of_the_seller_blocks_under_whatever_identity(web: Web) -> None:
    known = default_number("ofd-tax-disk", next(running))
    typed = {**TYPED, "number": known, "issueDate": "2026-11-02", "currency": "CNY", "gross": "10600.00"}  # without the code of the paper
    photo = upload(web, *blank(known), **typed)
    assert photo.json["result"] == "new"
    original = sample(web, "ofd-tax-disk", number=known)
    assert original.json["result"] == "new"
    assert duplicates(web, original)[0] == ("block", photo.json["businessKey"])
    assert element(web, original.json["caseId"]) == ["correct_submission"]
    withdraw(web, photo.json["caseId"])
    decide(web, original.json["caseId"], "li.na", "resubmit")
    assert duplicates(web, original)[0] == ("warn", photo.json["businessKey"]), "what was withdrawn is named and stops nothing"


def test_a_credit_note_is_no_duplicate_of_its_invoice(web: Web) -> None:
    known = default_number("ubl", next(running))
    name, data = make("ubl", number=known, gross=Decimal("777.00"))
    upload(web, name, data)
    other = upload(web, name, data.replace(b">380<", b">389<"))
    assert other.json["result"] == "new"
    assert all(severity != "block" for severity, _ in duplicates(web, other))


# --- the period, and the limit of red invoices


@pytest.mark.parametrize("period", ["2026-99", "2026-00", "2026-13", "3026-01", "2026-1", "２０２６-11"])
def test_a_period_that_no_calendar_has_is_refused(web: Web, period: str) -> None:
    case = sample(web, number=number(), gross=Decimal("900.00")).json["caseId"]
    decide(web, case, "wang.fang")
    items = web.get("zhao.lei", "/user-tasks?limit=200").json["items"]
    task = next(item["id"] for item in items if item["processInstanceId"] == case)
    answer = web.complete("zhao.lei", task, values={"voucherNumber": "1", "accountingPeriod": period})
    assert answer.status_code == 422
    assert "accountingPeriod" in answer.text
    assert element(web, case) == ["approve_finance"]


@pytest.mark.parametrize(("gross", "asked"), [("9000.00", []), ("500000.00", ["approve_director"])])
def test_a_red_invoice_is_decided_by_its_absolute_amount(web: Web, gross: str, asked: list[str]) -> None:
    answer = sample(web, "einvoice-red", number=number(), gross=Decimal(gross))
    assert variable(web, answer.json["caseId"])["gross"] == f"-{gross}"
    decide(web, answer.json["caseId"], "wang.fang")
    decide(web, answer.json["caseId"], "zhao.lei", voucherNumber="1", accountingPeriod="2026-11")
    assert element(web, answer.json["caseId"]) == asked


def blank(seed: str) -> tuple[str, bytes]:
    """Return a picture without a code; each seed gives another one."""
    picture = Image.new("L", (64, 64), 255)
    picture.frombytes((sha256(seed.encode()).digest() * 128)[: 64 * 64])
    return f"{seed}.png", png(picture)


def test_who_heads_her_own_department_does_not_approve_her_own_invoice_alone(web: Web) -> None:
    answer = sample(web, by="zhao.lei", number=number(), gross=Decimal("100.00"))
    case = answer.json["caseId"]

    with web.inside(), transaction() as session:
        asked = session.scalars(select(UserTask).filter_by(instance_id=case, state="open")).one()
        assert (asked.element, asked.assignee == "zhao.lei") == ("approve_manager", False)
        candidates = session.execute(text("SELECT name FROM candidate WHERE task_id = :task"), {"task": asked.id}).scalars().all()
        instead = asked.assignee or candidates[0]
    decide(web, case, instead)
    items = web.get("zhao.lei", "/user-tasks?limit=200").json["items"]
    finance = next(item["id"] for item in items if item["processInstanceId"] == case)
    refused = web.complete("zhao.lei", finance, values={"voucherNumber": "记-1", "accountingPeriod": "2026-11"})

    assert (refused.status_code, refused.json["code"]) == (409, "duty-conflict")


def test_what_passed_is_revoked_before_it_is_archived_and_may_be_submitted_again(web: Web) -> None:
    known = number()
    first = sample(web, number=known, gross=Decimal("100.00"))
    case = first.json["caseId"]
    decide(web, case, "wang.fang")
    decide(web, case, "zhao.lei", voucherNumber="记-1", accountingPeriod="2026-11")
    with web.inside(), transaction() as session:  # the office system has answered
        job = session.execute(text("SELECT id FROM job WHERE instance_id = :case AND operation = 'oa.notify'"), {"case": case}).scalar_one()
        incidents.answer(session, job, Outcome({"receipts": []}))
    assert web.get("li.na", f"/process-instances/{case}").json["status"] == "completed"

    answer = web.post("li.na", f"/process-instances/{case}/revoke", json={"reason": "合同取消"})
    assert (answer.status_code, answer.json["status"]) == (200, "revoked")
    with web.inside(), transaction() as session:
        filing = session.execute(text("SELECT status FROM process_instance WHERE parent_id = :case"), {"case": case}).scalar_one()
        item = session.execute(text("SELECT state FROM archive_item WHERE source_instance_id = :case"), {"case": case}).scalar_one()
    assert (filing, item) == ("terminated", "revoked")
    assert sample(web, number=known, gross=Decimal("100.00")).json["result"] == "again"
