"""A form that nobody may take, because its session is over or is another by now: the answer says so, leads back, and shows what was typed, to be copied.

Of what was typed nothing is kept, and nothing secret is shown.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlsplit

import orjson
from flask import Response, current_app, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

#: browsers read a backslash as a slash, and drop control characters before they look for the host
UNSAFE = re.compile(r"[\\\x00-\x20]")
#: fields whose content is never shown: secrets, and what nobody types
HIDDEN = re.compile(r"password|secret|token|idempotency_key|signature|^(next|outcome|more|q)$|^(rows|kept)\.", re.IGNORECASE)
IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LONGEST = 10_000  #: characters of one text
MOST = 100  #: texts
#: what is asked while somebody fills in a form: to be led away would cost her what she has typed
BESIDE = {"people_page.choose"}


def safe(target: str | None) -> str:
    """Return a target inside this site, as it was written; anything else leads home."""
    inside = target is not None and target.startswith("/") and not target.startswith("//") and not UNSAFE.search(target)
    return target if inside and target is not None else "/"


def answer() -> Response:
    """Answer a form that was not taken: 401 and the way to sign in, or 400 for somebody who is signed in; with a part of a page where htmx asked."""
    signed_in, partly = g.actor is not None, request.headers.get("HX-Request") == "true"
    way = back() if signed_in else url_for("sign_in.form", next=back())
    page = render_template("lapsed_part.html" if partly else "lapsed.html", signed_in=signed_in, way=way, lines=list(typed())[:MOST])
    return Response(page, status=400 if signed_in else 401, mimetype="text/html")


def lead() -> Response:
    """Answer a part of a page that htmx asks for without a session: the whole page is led to sign in, unless somebody may be typing there."""
    if request.endpoint in BESIDE:
        return answer()
    return Response(status=401, headers={"HX-Redirect": url_for("sign_in.form", next=back())})


def back() -> str:
    """Return the page that the request came from, or the nearest above its address; home when there is none."""
    try:
        came = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:
        came = urlsplit("")
    if came.netloc == request.host and is_page(came.path):
        return safe(f"{came.path}?{came.query}" if came.query else came.path)
    path = request.path
    while path.strip("/") and not is_page(quote(path)):
        path = path.rpartition("/")[0]
    return safe(quote(path) or "/")


def is_page(path: str) -> bool:
    """Tell whether an address can be looked at, by somebody who is signed in."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _values = adapter.match(unquote(path), method="GET") if adapter is not None else ("", {})
    except HTTPException:
        return False
    return not str(endpoint).startswith(("static", "sign_in.", "sso.")) and not path.startswith(("/api/", "/oa/"))


def typed() -> Iterator[tuple[str, str]]:
    """Yield names and texts of what the request brings; the fields that the form viewer sends as one JSON text are told apart."""
    for name, values in request.form.lists():
        text = "、".join(values)
        if name == "filled":
            yield from _filled(text)
        elif _shown(name, text):
            yield name.removeprefix("field."), _cut(text)
    for name, files in request.files.lists():
        names = "、".join(file.filename for file in files if file.filename)
        if names:
            yield name.removeprefix("file."), _cut(names)


def _filled(text: str) -> Iterator[tuple[str, str]]:
    try:
        values = orjson.loads(text)
        found = [(name, value if isinstance(value, str) else orjson.dumps(value).decode()) for name, value in values.items() if value]
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, AttributeError):  # no form of ours
        return
    yield from ((name, _cut(written)) for name, written in found if _shown(name, written))


def _shown(name: str, text: str) -> bool:
    return bool(text.strip()) and not HIDDEN.search(name) and not IDENTITY.fullmatch(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
