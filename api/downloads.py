"""Bytes that a browser saves and never runs, under their own name in any language."""

from urllib.parse import quote

from flask import Response


def named(response: Response, name: str) -> Response:
    """Let a browser save an answer under a name; what headers cannot carry is spelled as RFC 8187 says, beside a plain one for old clients."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    more = {} if plain == name else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=plain, **more)
    return response


def download(content: bytes, media_type: str, name: str) -> Response:
    """Return bytes as they are kept; they are never shown as a page of ours."""
    response = named(Response(content, mimetype=media_type), name)
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
