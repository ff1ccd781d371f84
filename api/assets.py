"""The browser's own files: each is asked for under the build that it comes from, so that a phone loads it once and a new build at once."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, request

STAMP = Path("assets", ".sources")  #: what the build leaves: the digest of everything it was made from
LONG = "public, max-age=31536000, immutable"  #: a year, as RFC 9111 (5.2.2.1) and RFC 8246 know it


def install(app: Flask) -> None:
    """Name the build in the address of each file, and let browsers keep what was asked for under the build that is there.

    What is asked for under another one, or none, is kept only to be compared (`no-cache`, with its ETag).
    """
    build = build_of(Path(app.static_folder or ""))

    @app.url_defaults
    def name(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and build:
            values.setdefault("v", build)

    @app.after_request
    def keep(response: Response) -> Response:
        if build and request.endpoint == "static" and request.args.get("v") == build and response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = LONG
        return response


def build_of(folder: Path) -> str:
    """Return the short name of the build that lies in a folder, nothing if none was finished."""
    try:
        return (folder / STAMP).read_text(encoding="utf-8")[:12]
    except OSError:
        return ""
