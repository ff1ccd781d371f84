"""Everything the pages say has an English text, and the compiled catalogue is the one that was written."""

import io
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from pages_support import Office
from werkzeug.test import TestResponse

from api.pages.words.offices import CAPABILITIES
from api.pages.words.people import ROLES
from engine.oa.contract import Capabilities

API = Path(__file__).resolve().parents[3] / "api"
CATALOGUE = API / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "lazy_pgettext": ((1, "c"), 2)}
PLACE = re.compile(r"%\((\w+)\)s")


def written() -> Catalog:
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="en")


def said() -> set[tuple[str | None, str]]:
    """Return every text of pages and templates with its context."""
    methods = [("pages/**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(str(API), methods, {}, KEYWORDS)  # type: ignore[arg-type]
    return {(context, message if isinstance(message, str) else message[0]) for _file, _line, message, _comments, context in found}


def test_every_text_has_an_english_one() -> None:
    catalogue = written()
    missing = [text for context, text in said() if not (found := catalogue.get(text, context)) or not found.string]
    assert missing == []


def test_nothing_is_translated_that_no_page_says() -> None:
    texts = said()
    assert [message.id for message in written() if message.id and (message.context, message.id) not in texts] == []


def test_a_translation_has_the_same_places_as_its_source() -> None:
    wrong = [message.id for message in written() if message.id and set(PLACE.findall(message.id)) != set(PLACE.findall(message.string))]
    assert wrong == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = read_mo(io.BytesIO(CATALOGUE.with_suffix(".mo").read_bytes()))
    pairs = {(message.context, message.id): message.string for message in written() if message.id}
    found = {(_text(message.context), message.id): message.string for message in compiled if message.id}
    assert found == pairs


def _text(context: str | bytes | None) -> str | None:
    return context.decode() if isinstance(context, bytes) else context


def test_everything_a_connection_can_do_has_a_word() -> None:
    switches = [field.name for field in fields(Capabilities) if field.type is bool]
    assert [name for name in switches if camel(name) not in CAPABILITIES] == []
    assert "callback_actions" in switches


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def test_a_person_switches_the_language_and_stays_where_she_was(office: Office, words: Callable[[TestResponse], str]) -> None:
    desk = office.desk("sun.mei")
    answer = desk.get("/language/en?next=/cases?state=running")
    assert answer.headers["Location"] == "/cases?state=running"
    page = desk.get("/cases")
    assert '<html lang="en">' in page.text
    assert "All cases" in words(page)
    desk.get("/language/zh")
    assert "全部流程" in words(desk.get("/cases"))


def test_no_chinese_is_left_on_an_english_page_but_names_and_drawings(office: Office, words: Callable[[TestResponse], str]) -> None:
    desk = office.desk("ma.lin")
    desk.get("/language/en")
    drawn = set(re.findall(r"[\u4e00-\u9fff]+", office.row("SELECT string_agg(name, ' ') AS names FROM process_definition").names))
    for path in ("/submit", "/people/new", "/incidents", "/archive", "/?tab=done"):
        text = words(desk.get(path))
        left = [part for part in re.findall(r"[\u4e00-\u9fff]+", text) if part not in {"中文", "马琳", "信息部", *DEPARTMENTS, *drawn}]
        assert left == [], path
    desk.get("/language/zh")


DEPARTMENTS = {"行政部", "财务部", "总经办", "信息部", "财务", "总监", "档案员", "归档", "发票"}


def test_what_has_no_word_is_shown_as_it_is() -> None:
    assert ROLES["gardener"] == "gardener"
    assert "gardener" not in ROLES and ROLES.get("gardener") is None
