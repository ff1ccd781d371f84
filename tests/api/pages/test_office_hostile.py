"""The pages about office systems with names that nobody expects: no script runs, nothing breaks out of its place, no page fails or scrolls sideways."""

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from browser_support import DESK, PHONE
from pages_support import Office
from playwright.sync_api import Browser
from sqlalchemy import text
from werkzeug.serving import make_server

from engine.database import transaction

MARKUP = (
    "<script>window.hit=1</script>", "\"'><img src=x onerror=window.hit=1>",
    "x\" onmouseover=window.hit=1 autofocus onfocus=window.hit=1 y=\"", "{{ 7*7 }}${7*7}#{7*7}%s%(n)s",
)  # fmt: skip
NAMES = {
    "markup": " ".join(MARKUP), "a link": "javascript:window.hit=1",
    "letters": "\u202eابةشرکة\u202d a\x01b\x1f\u2028\uffff" + "👩‍👩‍👧‍👦🧾" * 30,
    "length": "长" * 5_000 + "x" * 5_000,
}  # fmt: skip
PAGES = (
    "/connections", "/connections/demo-oa", "/connections/demo-oa/checks", "/deliveries", "/deliveries?q={name}", "/inbox", "/inbox?q={name}",
    "/identities?connection=demo-oa", "/identities?connection=demo-oa&q={name}", "/directory?connection=demo-oa", "/reconciliation",
    "/reconciliation?state=resolved&case={name}",
    "/sign-ins", "/sign-ins?q={name}", "/connections/{name}", "/deliveries/exchanges/{exchange}", "/deliveries/{case}/demo-oa/1",
)  # fmt: skip


#: what reaches beyond the page or its own place, from the inside
WIDEST = """[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`).slice(0, 9)"""


@pytest.fixture(scope="module")
def served(web: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, web.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


SEED = """
UPDATE person SET name = :name WHERE key IN ('wang.fang', 'li.na');
UPDATE oa_connection SET name = left(:name, 2000), settings = jsonb_build_object('frame_hosts', left(:name, 200)) WHERE key = 'demo-oa';
UPDATE process_instance SET title = :name WHERE id = :case;
DELETE FROM oa_difference; DELETE FROM oa_message; DELETE FROM oa_exchange; DELETE FROM oa_hold; DELETE FROM sign_in;
DELETE FROM oa_identity; DELETE FROM oa_shown;
INSERT INTO oa_identity (connection, id_type, remote_id, person_id) SELECT 'demo-oa', '', left(:name, 500), id FROM person WHERE key = 'wang.fang';
INSERT INTO oa_message (id, connection, dedupe_key, event, raw_digest, state, note)
  VALUES (gen_random_uuid(), 'demo-oa', left(:name, 500), jsonb_build_object('kind', :name, 'actor', left(:name, 500), 'idType', '', 'outcome', :name,
          'comment', :name, 'taskKey', :name), 'x', 'ignored', :name);
INSERT INTO oa_exchange (id, connection, purpose, instance_id, version, api, request, answer, status, code, ok, milliseconds)
  VALUES (:exchange, 'demo-oa', 'push', :case, 1, :name, :name, :name, 200, :name, false, 1);
INSERT INTO oa_difference (id, connection, instance_id, key, kind, field, ours, theirs)
  VALUES (gen_random_uuid(), 'demo-oa', :case, left(:name, 500), 'missing_here', left(:name, 500), :name, :name);
INSERT INTO oa_difference (id, connection, instance_id, key, kind, field, ours, theirs, resolved_at, resolution, resolved_by, reason)
  VALUES (gen_random_uuid(), 'demo-oa', :case, left(:name, 500), 'field_differs', 'status', :name, :name, now(), 'ignored', left(:name, 500), :name);
INSERT INTO oa_shown (connection, key, instance_id, remote_id, status, person)
  VALUES ('demo-oa', left(:name, 500), :case, left(:name, 500), :name, 'wang.fang');
INSERT INTO oa_hold (connection, key, instance_id, person, message) VALUES ('demo-oa', 't-1', :case, 'wang.fang', :name);
INSERT INTO sign_in (id, connection, id_type, remote_id) VALUES (gen_random_uuid(), 'demo-oa', left(:name, 500), left(:name, 500));
INSERT INTO oa_directory (connection, people, departments, fetched_at, failure) VALUES ('demo-oa', jsonb_build_array(jsonb_build_object('ids',
  jsonb_build_object('', :name), 'name', :name, 'number', left(:name, 50), 'departments', jsonb_build_array(:name), 'active', true)),
  jsonb_build_array(jsonb_build_object('id', :name, 'name', :name)), now(), :name)
  ON CONFLICT (connection) DO UPDATE SET people = excluded.people, departments = excluded.departments, failure = excluded.failure;
UPDATE oa_delivery SET last_error = :name, failed_at = now(), state = 'dead', open = false WHERE instance_id = :case
"""


@pytest.mark.parametrize("kind", NAMES)
def test_no_name_becomes_more_than_a_name(office: Office, served: str, browser: Browser, kind: str) -> None:
    case = str(office.web.start()["id"])
    values = {"name": NAMES[kind], "case": case, "exchange": str(uuid4())}
    with office.web.inside(), transaction() as session:
        for statement in SEED.split(";\n"):
            wanted = (
                statement.replace(":name", "CAST(:name AS text)")
                .replace(":case", "CAST(:case AS uuid)")
                .replace(":exchange", "CAST(:exchange AS uuid)")
            )
            for part in filter(str.strip, wanted.split(";")):
                session.execute(text(part), {key: value for key, value in values.items() if f":{key}" in part})
    cookie = office.desk("ma.lin").client.get_cookie("shenpi")
    assert cookie is not None
    wide = []
    context = browser.new_context(viewport=PHONE, base_url=served)  # type: ignore[arg-type]
    context.add_cookies([{"name": "shenpi", "value": cookie.value, "url": served}])
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    for path in PAGES:
        address = path.replace("{case}", case).replace("{exchange}", values["exchange"])
        address = address.replace("{name}", page.evaluate("encodeURIComponent", values["name"][:300]))
        answer = page.goto(address)
        assert answer is not None and answer.status in (200, 404), (path, answer.status if answer else None)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            assert page.evaluate("window.hit") is None, path
            assert page.locator("img[src=x], [onerror], [onmouseover], [onfocus], a[href^=javascript]").count() == 0, path
            reaches = page.evaluate("document.documentElement.scrollWidth")
            if not path.endswith("/checks") and reaches > size["width"]:  # a part of a page has no style
                wide.append((path, size["width"], page.evaluate(WIDEST)))
    context.close()
    assert not wide, "\n".join(map(str, wide))
