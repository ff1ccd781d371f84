"""What connectors are lent: a memory, limits that all workers keep together, one token at a time, and notes that show no secret."""

import threading
import time
from collections import deque

import pytest
from engine_support import execute, rows, value
from flask import Flask

from api.cli.company import CONNECTION
from engine.database import transaction
from engine.errors import OAUnavailable, Unavailable
from engine.oa import vault
from engine.oa.contract import Exchange, Shown
from engine.oa.desk import StoredDesk, talking
from engine.oa.limits import Rate
from engine.oa.masking import masked
from models import db
from models.oa import OaConnection

CASE = "01a2226b-d76f-71f3-a6ae-94de9cba14e1"


def test_what_is_shown_outlives_the_desk(app: Flask) -> None:
    desk = StoredDesk(CONNECTION)
    desk.intend("t-1", CASE)
    assert desk.shown(["t-1"])["t-1"] == Shown("t-1", None, "intended", 0, None)
    desk.settle("t-1", "900000000000000001", status="RUNNING", version=7, instance_key=CASE)
    other = StoredDesk(CONNECTION)
    assert other.shown_of(CASE) == [Shown("t-1", "900000000000000001", "RUNNING", 7, None)]
    assert other.found("900000000000000001") == other.shown_of(CASE)[0]
    desk.forget("t-1")
    assert other.shown(["t-1"]) == {} and other.found("900000000000000001") is None


def test_a_limit_is_kept_by_all_workers_together(app: Flask) -> None:
    """In no second do more calls go out than may, however many ask."""
    rate = Rate(20, 1.0, burst=5)
    went: deque[float] = deque()

    def worker() -> None:
        with app.app_context():
            desk = StoredDesk(CONNECTION, {"": (rate,)})  # each has a desk of its own, as each process does
            for _ in range(8):
                desk.wait("/call")
                went.append(time.monotonic())
            db.session.remove()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(went)
    assert len(times) == 32
    spans = [times[place + 25] - times[place] for place in range(len(times) - 25)]
    assert min(spans) > 0.9, "25 may go in a second: 5 at once, and 20 more"


def test_what_would_have_to_wait_too_long_is_put_off(app: Flask) -> None:
    desk = StoredDesk(CONNECTION, {"": (Rate(1, 60.0),)})
    desk.wait("/call")
    with pytest.raises(OAUnavailable) as refused:
        desk.wait("/call")
    assert 0 < refused.value.facts["retry_after"] < 80
    desk.wait("/another")


def test_a_pause_that_the_office_system_asked_for_holds_everybody_off(app: Flask) -> None:
    StoredDesk(CONNECTION, {"": (Rate(100, 1.0),)}).hold_off("/call", 30)
    with pytest.raises(OAUnavailable):
        StoredDesk(CONNECTION, {"": (Rate(100, 1.0),)}).wait("/call")


def test_a_pause_of_days_is_not_believed(app: Flask) -> None:
    StoredDesk(CONNECTION, {"": (Rate(100, 1.0),)}).hold_off("/call", 999_999)
    with pytest.raises(OAUnavailable) as refused:
        StoredDesk(CONNECTION, {"": (Rate(100, 1.0),)}).wait("/call")
    assert refused.value.facts["retry_after"] < 1000


def test_a_limit_that_was_kept_before_the_clock_was_put_back_holds_nobody_off(app: Flask) -> None:
    desk = StoredDesk(CONNECTION, {"": (Rate(100, 1.0),)})
    desk.wait("/call")
    execute("UPDATE oa_rate SET free_at = free_at + interval '1 hour'")
    desk.wait("/call")
    assert value("SELECT free_at < clock_timestamp() + interval '1 minute' FROM oa_rate"), "it counts from now again"


def test_many_who_find_a_token_stale_fetch_one_together(app: Flask) -> None:
    desk, fetched = StoredDesk(CONNECTION), []

    def fetch() -> tuple[str, float]:
        fetched.append(1)
        return f"token-{len(fetched)}", 7200.0

    assert desk.token("t", fetch) == "token-1"
    assert StoredDesk(CONNECTION).token("t", fetch) == "token-1", "another process uses it too"
    found: list[str] = []

    def stale() -> None:
        with app.app_context():
            found.append(desk.token("t", fetch, stale="token-1"))
            db.session.remove()

    threads = [threading.Thread(target=stale) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {"token-2"} and len(fetched) == 2
    assert b"token" not in bytes(value("SELECT sealed FROM oa_token"))


def test_a_token_that_is_nearly_over_is_not_given_out(app: Flask) -> None:
    StoredDesk(CONNECTION).token("t", lambda: ("old", 7200.0))
    execute("UPDATE oa_token SET good_until = now() - interval '1 second'")
    assert StoredDesk(CONNECTION).token("t", lambda: ("new", 7200.0)) == "new"


def test_a_token_that_no_key_opens_any_more_is_fetched_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    StoredDesk(CONNECTION).token("t", lambda: ("old", 7200.0))
    monkeypatch.setenv("SHENPI_CREDENTIALS_KEY", "another key")
    assert StoredDesk(CONNECTION).token("t", lambda: ("new", 7200.0)) == "new"


def test_a_note_is_kept_with_what_it_was_for(app: Flask) -> None:
    with talking("push") as about:
        StoredDesk(CONNECTION).note(Exchange("/call", "request", "answer", 200, "0", True, 12))
    row = rows("SELECT * FROM oa_exchange")[0]
    assert (row.purpose, row.id, row.milliseconds, row.ok) == ("push", about.exchange, 12, True)


@pytest.mark.parametrize(
    ("said", "hidden", "kept"),
    [
        ('{"app_secret": "s3cret-of-app", "app_id": "cli_1"}', "s3cret-of-app", "cli_1"),
        ('{"tenant_access_token":"t-abc","expire":7200}', "t-abc", "7200"),
        ('{"code":99991400,"msg":"busy"}', "nothing", "99991400"),
        ('{"code": "a-code-that-signs-in", "grant_type": "x"}', "a-code-that-signs-in", "grant_type"),
        ('{"mobile": "13800001111", "name": "王芳"}', "13800001111", "王芳"),
        ("GET /x?access_token=abcdef&userId=1", "abcdef", "userId=1"),
        ("the key is our-own-key here", "our-own-key", "the key is"),
        ('{"text": "a \\"token\\": quoted", "nonce": "n-\\"1"}', 'n-\\"1', "quoted"),
    ],
)
def test_secrets_and_personal_data_are_masked_and_the_rest_can_be_read(said: str, hidden: str, kept: str) -> None:
    shown = masked(said, ["our-own-key"])
    assert hidden not in shown
    assert kept in shown


@pytest.mark.parametrize("unit", ["token", "a-", "secret_"])
def test_a_text_made_to_keep_the_masking_busy_is_masked_at_once(unit: str) -> None:
    began = time.monotonic()
    masked(f'{{"title": "{unit * 50_000}", "{unit * 50_000} "token": "t-abc"}}', [])
    assert time.monotonic() - began < 2


def test_credentials_are_sealed_to_their_connection_and_a_key_can_be_changed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = vault.seal("a", {"secret": "s3cret"})
    assert b"s3cret" not in sealed and vault.unseal("a", sealed) == {"secret": "s3cret"}
    with pytest.raises(Unavailable):
        vault.unseal("b", sealed)
    with pytest.raises(Unavailable):
        vault.unseal("a", sealed[:-1] + bytes([sealed[-1] ^ 1]))
    for length in range(1, len(sealed)):
        with pytest.raises(Unavailable):
            vault.unseal("a", sealed[:length])
    old = vault.keys()
    monkeypatch.setenv("SHENPI_CREDENTIALS_KEY", "a newer key, a key for the credentials of tests")
    assert vault.keys()[1:] == old and vault.unseal("a", sealed) == {"secret": "s3cret"} and not vault.is_newest(sealed)
    monkeypatch.setenv("SHENPI_CREDENTIALS_KEY", "another key")
    with pytest.raises(Unavailable):
        vault.unseal("a", sealed)


def test_a_connection_shows_no_credentials(app: Flask) -> None:
    with transaction() as session:
        row = session.get_one(OaConnection, CONNECTION)
        assert b"secret for tests" not in bytes(row.credentials or b"")
