"""An office system that is down: administrators are told once, within a minute, in every way, and told again when it is over."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from journeys_support import Installation, eventually, free_port, installed
from mail_support import MailServer, mail_server

from engine.database.embedded import EmbeddedServer
from engine.oa.webhook.signature import verify

SECRET = "the secret of alerts"
MOVED = 15  #: of the twenty seconds after which people are told


class Pager(HTTPServer):
    """Somebody's address for alerts; it loses the first message."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.lost = 1
        super().__init__(("127.0.0.1", free_port()), Answering)


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        pager: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lost, pager.lost = pager.lost, max(0, pager.lost - 1)
        if not lost:
            pager.got.append((dict(self.headers), body))
        self.send_response(500 if lost else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def pager() -> Iterator[Pager]:
    made = Pager()
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(scope="module")
def mails() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.fixture(scope="module")
def watched(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory, pager: Pager, mails: MailServer
) -> Iterator[Installation]:
    home: Path = tmp_path_factory.mktemp("watched")
    told = {"SHENPI_SMTP_HOST": "127.0.0.1", "SHENPI_SMTP_PORT": str(mails.port), "SHENPI_WORKER_STALLED": "4"}
    told |= {"SHENPI_ALERT_WEBHOOK": f"http://127.0.0.1:{pager.server_port}/alerts", "SHENPI_ALERT_SECRET": SECRET}
    with installed(server, template, home, **told) as made:
        made.start("worker#2")
        yield made


def banner(installation: Installation, person: str = "ma.lin") -> str:
    page = installation.client(person).get(f"{installation.url}/todos", headers={"Accept": "text/html"})
    return page.text if page.status_code == 200 else installation.client(person).get(installation.url, follow_redirects=True).text


def move_clock(installation: Installation, seconds: int) -> datetime:
    """Move the product's clock ahead, so that nobody waits for what only takes its time; returns what it shows."""
    moved = installation.shenpi("clock", "advance", f"PT{seconds}S")
    found = re.search(r"It is now (\S+)\.$", moved.stdout.strip())
    assert found, moved.stdout + moved.stderr
    return datetime.fromisoformat(found[1])


def test_an_outage_alerts_once_everywhere_and_ends_by_itself(watched: Installation, pager: Pager, mails: MailServer) -> None:
    watched.fault(fail=1)
    watched.submit()
    eventually(lambda: watched.client("ma.lin").get("/deliveries").json()["items"][0]["state"] == "sent")

    watched.stop("simulator")
    began, stopped = time.monotonic(), move_clock(watched, 1)
    for _ in range(3):
        watched.submit()
    eventually(lambda: watched.client("ma.lin").get("/deliveries").json()["items"][0]["lastError"])
    move_clock(watched, MOVED)
    eventually(lambda: pager.got, 60)
    assert MOVED + time.monotonic() - began < 60, "within a minute"
    eventually(lambda: mails.to("ma.lin@example.com"), 20)

    headers, body = pager.got[0]
    told = orjson.loads(body)
    verify([SECRET], headers, body, datetime.now(UTC))
    assert (told["kind"], told["connection"]) == ("alert.began", "demo-oa")
    assert (datetime.fromisoformat(told["beganAt"]) - stopped).total_seconds() >= 20, "not at once"
    exchange = watched.client("ma.lin").get(f"/exchanges/{told['correlationId']}").json()
    assert not exchange["ok"] and exchange["connection"] == "demo-oa"
    page = banner(watched)
    assert "送不出去" in page and told["correlationId"] in page
    assert "送不出去" not in banner(watched, "li.na"), "others have nothing to do with it"

    time.sleep(6)
    assert len(pager.got) == 1 and len(mails.to("ma.lin@example.com")) == 1, "two workers watch, and people are told once"

    watched.start("simulator")
    move_clock(watched, 60)  # over the back-off: the next attempts arrive
    eventually(lambda: len(pager.got) == 2, 60)
    assert orjson.loads(pager.got[1][1])["kind"] == "alert.ended"
    eventually(lambda: len(mails.to("ma.lin@example.com")) == 2, 20)
    assert "已恢复" in banner(watched) and "送不出去" not in banner(watched)
    assert not httpx.get(f"{watched.simulator}/health").is_error


def test_what_passes_within_moments_alerts_nobody(watched: Installation, pager: Pager) -> None:
    before = len(pager.got)
    watched.fault(fail=2)
    watched.submit()
    eventually(lambda: watched.client("ma.lin").get("/deliveries").json()["items"][0]["state"] == "sent")
    move_clock(watched, 24)
    time.sleep(6)  # both workers look every two seconds
    assert len(pager.got) == before
