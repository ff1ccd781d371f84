"""Files of the browser are loaded once a build, and never an old one after a new."""

import re
from pathlib import Path

import pytest
from flask import Flask
from web_support import Web

from api import assets


def files(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"#]+)', page)


def test_every_file_of_a_page_is_kept_for_a_year_under_its_build(web: Web) -> None:
    found = set(files(web.browser("li.na").get("/").text))
    assert {path.partition("?")[0] for path in found} >= {"/static/assets/app.css", "/static/assets/app.js", "/static/assets/icons.svg"}
    for path in found:
        answer = web.app.test_client().get(path)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", path
        answer.close()


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789ab"])
def test_a_file_of_no_build_or_another_is_compared_each_time(web: Web, query: str) -> None:
    with web.app.test_client().get(f"/static/assets/app.css{query}") as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        with web.app.test_client().get(f"/static/assets/app.css{query}", headers={"If-None-Match": answer.headers["ETag"]}) as again:
            assert again.status_code == 304


def test_a_new_build_has_new_addresses(tmp_path: Path) -> None:
    addresses = []
    for stamp in ("a" * 64, "b" * 64, None):
        (tmp_path / "assets").mkdir(exist_ok=True)
        (tmp_path / "assets" / ".sources").write_text(stamp) if stamp else (tmp_path / "assets" / ".sources").unlink()
        app = Flask("built", static_folder=str(tmp_path), static_url_path="/static")
        assets.install(app)
        with app.test_request_context():
            addresses.append(app.url_for("static", filename="assets/app.css"))
    assert addresses == ["/static/assets/app.css?v=aaaaaaaaaaaa", "/static/assets/app.css?v=bbbbbbbbbbbb", "/static/assets/app.css"]


def test_what_is_not_there_is_kept_by_nobody(web: Web) -> None:
    (page,) = {path for path in files(web.browser("li.na").get("/").text) if "app.css" in path}
    with web.app.test_client().get(page.replace("app.css", "nothing.css")) as answer:
        assert answer.status_code == 404 and "immutable" not in answer.headers.get("Cache-Control", "")
