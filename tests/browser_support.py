"""Browser windows for everybody of the cast."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from journeys_support import Installation
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests_support import ROOT
from werkzeug.serving import WSGIRequestHandler, make_server

from api.cli.company import PASSWORD
from processes.invoice.samples.generate import default_number, make


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log(self, *_: object, **__: object) -> None:
        pass


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application of this process to browsers; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


expect.set_options(timeout=20_000)  # a machine that is busy is no fault

AXE = ROOT / "diagrams" / "node_modules" / "axe-core" / "axe.min.js"


def barriers(page: Page) -> list[str]:
    """Return what axe finds serious on a page: rule, place and element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']} {one['nodes'][0]['target']} {one['nodes'][0]['html'][:120]}" for one in serious]


PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium a test process: Playwright allows no second one beside it."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


class Desks:
    """Everybody's browser windows; what a page complains about in its console is kept."""

    def __init__(self, browser: Browser, installation: Installation) -> None:
        self.browser, self.url, self.cookies = browser, installation.url, installation.cookies
        self.contexts: dict[tuple[str, int], BrowserContext] = {}
        self.complaints: list[str] = []

    def open(self, person: str, path: str, size: dict[str, int] = PHONE) -> Page:
        """Return a page that a signed-in person has opened."""
        key = (person, size["width"])
        if key not in self.contexts:
            state = self.cookies.get(person)
            self.contexts[key] = self.browser.new_context(viewport=size, base_url=self.url, storage_state=state)  # type: ignore[arg-type]
            if state is None:
                self.sign_in(person, self.contexts[key])
        page = self.contexts[key].new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if "Content Security" in message.text else None)
        page.goto(path)
        return page

    def sign_in(self, person: str, context: BrowserContext) -> None:
        """Sign somebody in by the page, and keep her cookies for her next windows at this installation."""
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("#key", person)
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        expect(page.locator(".topbar-person")).to_be_visible()  # signed in, and nothing is under way any more
        page.close()
        self.cookies[person] = context.storage_state()


@pytest.fixture
def desks(browser: Browser, installation: Installation) -> Iterator[Desks]:
    made = Desks(browser, installation)
    yield made
    for context in made.contexts.values():
        context.close()
    assert made.complaints == []


def written(folder: Path, kind: str, running: int, **options: object) -> str:
    """Write a sample invoice and return its path."""
    name, data = make(kind, number=default_number(kind, running), **options)  # type: ignore[arg-type]
    (folder / name).write_bytes(data)
    return str(folder / name)
