"""The pages about office systems: which role gets which answer, by a table written by hand that leaves no page out; and no form without its token."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from lxml import html
from pages_support import BROWSER
from sqlalchemy import text
from web_support import Web, token_of, web

from api import accounts
from api.cli.company import PASSWORD
from engine.database import transaction

__all__ = ["web"]

PREFIXES = ("/connections", "/deliveries", "/inbox", "/identities", "/directory", "/reconciliation", "/sign-ins", "/sso", "/oa/")
#: has the role of the column, and no other
ROLES = {
    "initiator": "li.na", "approver": "wang.fang", "finance": "zhao.lei", "archivist": "chen.jing", "auditor": "sun.mei", "designer": "zheng.hao",
    "operator": "only.operator", "administrator": "only.administrator", "nobody": "qian.yi",
}  # fmt: skip
#                                                    stranger
#                                                    |   initiator
#                                                    |   |   approver
#                                                    |   |   |   finance
#                                                    |   |   |   |   archivist
#                                                    |   |   |   |   |   auditor
#                                                    |   |   |   |   |   |   designer
#                                                    |   |   |   |   |   |   |   operator
#                                                    |   |   |   |   |   |   |   |   administrator
#                                                    |   |   |   |   |   |   |   |   |   nobody
TABLE = """
GET    /connections                                  302 403 403 403 403 403 403 403 200 403
GET    /connections/new                              302 403 403 403 403 403 403 403 200 403
POST   /connections/new                              401 403 403 403 403 403 403 403 422 403
GET    /connections/demo-oa                          302 403 403 403 403 403 403 403 200 403
POST   /connections/demo-oa                          401 403 403 403 403 403 403 403 422 403
POST   /connections/nothing/active                   401 403 403 403 403 403 403 403 404 403
POST   /connections/nothing/checks                   401 403 403 403 403 403 403 403 404 403
GET    /connections/demo-oa/checks                   302 403 403 403 403 403 403 403 200 403
POST   /connections/nothing/scope                    401 403 403 403 403 403 403 403 404 403
POST   /connections/nothing/secrets                  401 403 403 403 403 403 403 403 404 403
POST   /connections/nothing/secrets/secret/take-away 401 403 403 403 403 403 403 403 404 403
GET    /deliveries                                   302 403 403 403 403 403 403 403 200 403
GET    /deliveries/<unknown>/demo-oa/1               302 403 403 403 403 403 403 403 404 403
GET    /deliveries/exchanges/<unknown>               302 403 403 403 403 403 403 403 404 403
POST   /deliveries/hurry                             401 403 403 403 403 403 403 403 303 403
POST   /deliveries/resend                            401 403 403 403 403 403 403 403 422 403
GET    /deliveries/resends/<unknown>                 302 403 403 403 403 403 403 403 404 403
GET    /directory                                    302 403 403 403 403 403 403 403 200 403
POST   /directory/nothing/apply                      401 403 403 403 403 403 403 403 404 403
POST   /directory/nothing/fetch                      401 403 403 403 403 403 403 403 404 403
POST   /directory/nothing/nightly                    401 403 403 403 403 403 403 403 404 403
GET    /identities                                   302 403 403 403 403 403 403 403 200 403
GET    /identities/demo-oa.csv                       302 403 403 403 403 403 403 403 200 403
POST   /identities/demo-oa/nobody                    401 403 403 403 403 403 403 403 404 403
POST   /identities/nothing/accept                    401 403 403 403 403 403 403 403 404 403
POST   /identities/nothing/import                    401 403 403 403 403 403 403 403 404 403
GET    /inbox                                        302 403 403 403 403 403 403 403 200 403
GET    /reconciliation                               302 403 403 403 403 403 403 200 200 403
POST   /reconciliation/<unknown>/take-ours           401 403 403 403 403 403 403 404 404 403
POST   /reconciliation/<unknown>/push-again          401 403 403 403 403 403 403 404 404 403
POST   /reconciliation/<unknown>/ignore              401 403 403 403 403 403 403 409 409 403
POST   /reconciliation/many                          401 403 403 403 403 403 403 422 422 403
POST   /reconciliation/runs                          401 403 403 403 403 403 403 404 404 403
GET    /sign-ins                                     302 403 403 403 403 403 403 403 200 403
GET    /sso/nothing                                  302 302 302 302 302 302 302 302 302 302
GET    /sso/nothing/callback                         400 302 302 302 302 302 302 302 302 302
GET    /oa/nothing/callback                          404 404 404 404 404 404 404 404 404 404
POST   /oa/nothing/callback                          404 404 404 404 404 404 404 404 404 404
"""
ROWS = [(method, path, [int(status) for status in statuses]) for method, path, *statuses in map(str.split, TABLE.split("\n")[1:-1])]
#: what an office system calls has no session to take over
WITHOUT_TOKEN = {"/oa/nothing/callback"}


Browsers = dict[str, FlaskClient]


@pytest.fixture(scope="module")
def browsers(web: Web) -> Browsers:
    """Everybody's browser, and that of a stranger; operator and administrator are two people here, who have nothing else."""
    with web.inside(), transaction() as session:
        for role in ("operator", "administrator"):
            values = {"key": f"only.{role}", "role": role}
            session.execute(text("INSERT INTO person (id, key, name) VALUES (gen_random_uuid(), :key, :key)"), values)
            session.execute(text("INSERT INTO role_grant (person_id, role) SELECT id, :role FROM person WHERE key = :key"), values)
            accounts.set_password(session, f"only.{role}", PASSWORD)
    return {"stranger": web.browser(), **{role: web.browser(person) for role, person in ROLES.items()}}


def press(client: FlaskClient, method: str, path: str, *, token: bool = True) -> int:
    form = {"csrf_token": token_of(client.get("/sign-in").text), "idempotency_key": uuid4().hex} if method == "POST" and token else {}
    filled = path.replace("<unknown>", str(uuid4()))
    return client.open(filled, method=method, data=form if method == "POST" else None, headers={"Accept": BROWSER}).status_code


@pytest.mark.parametrize(("method", "path", "expected"), ROWS, ids=[f"{method} {path}" for method, path, _ in ROWS])
def test_a_page_answers_each_role_as_the_table_says(browsers: Browsers, method: str, path: str, expected: list[int]) -> None:
    found = {role: press(client, method, path) for role, client in browsers.items()}

    assert found == dict(zip(browsers, expected, strict=True))


def test_the_table_leaves_no_page_out(web: Web) -> None:
    rules = {(method, rule.rule) for rule in web.app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    wanted = {(method, rule) for method, rule in rules if rule.startswith(PREFIXES)}
    adapter = web.app.url_map.bind("")
    covered = {
        (method, adapter.match(path.replace("<unknown>", str(uuid4())), method=method, return_rule=True)[0].rule)
        for method, path, _ in ROWS
    }

    assert covered == wanted


@pytest.mark.parametrize("path", [path for method, path, _ in ROWS if method == "POST" and path not in WITHOUT_TOKEN])
def test_a_form_without_its_token_is_refused_whoever_sends_it(browsers: Browsers, path: str) -> None:
    for role in ("operator", "administrator", "nobody"):
        assert press(browsers[role], "POST", path, token=False) == 400, role
    assert press(browsers["administrator"], "POST", path) != 400, "and it is the token alone that was missing"


def test_a_token_of_somebody_else_is_none(browsers: Browsers) -> None:
    stolen = token_of(browsers["nobody"].get("/sign-in").text)
    answer = browsers["administrator"].post(
        "/deliveries/hurry", data={"csrf_token": stolen, "idempotency_key": "x", "connection": "demo-oa"}, headers={"Accept": BROWSER}
    )
    assert answer.status_code == 400


def test_the_tabs_lead_nowhere_that_one_may_not_go(browsers: Browsers) -> None:
    for role, expected in (("operator", 1), ("administrator", 7)):
        client = browsers[role]
        page = html.fromstring(client.get("/reconciliation", headers={"Accept": BROWSER}).data)
        tabs = [str(each) for each in page.xpath("(//ul[contains(@class, 'page-tabs')])[1]//a/@href")]
        assert {tab: client.get(tab, headers={"Accept": BROWSER}).status_code for tab in tabs} == dict.fromkeys(tabs, 200), role
        assert len(tabs) == expected, role
