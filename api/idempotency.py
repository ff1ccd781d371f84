"""`Idempotency-Key`: the first answer is kept in the transaction that did the work, and given again to the same key.

Scope is caller + route + key. Another body under the same key is 422. Errors are not kept: the work did not happen.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
from flask import Response, request
from sqlalchemy.orm import Session

from api import problems
from api.security import current
from engine.database import transaction
from engine.database.prepared import Prepared

MAX_KEY = 200

_LOCK = Prepared("SELECT pg_advisory_xact_lock(hashtextextended(%(scope)s::text, 0))")
_KEPT = Prepared("SELECT * FROM idempotency_record WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s")
_KEEP = Prepared(
    """INSERT INTO idempotency_record (caller, route, key, body_digest, status, headers, answer)
       VALUES (%(caller)s, %(route)s, %(key)s, %(body_digest)s, %(status)s, %(headers)s::jsonb, %(answer)s)"""
)


def once(work: Callable[[Session], tuple[Any, int, dict[str, str]]], *, once_only: tuple[str, ...] = ()) -> Response:
    """Run `work` in one transaction and answer with its JSON body, status and headers; a repeated key gets the first answer.

    The parts of the body named in `once_only` are in the first answer and nowhere else: a secret is not kept with it.
    """
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or ""
    if len(key) > MAX_KEY:
        return problems.problem(422, "idempotency-key-too-long", f"An Idempotency-Key has at most {MAX_KEY} characters")
    scope = {"caller": current().key, "route": f"{request.method} {request.path}", "key": key}
    digest = _digest()
    with transaction(request.endpoint or "") as session:
        if key:
            _LOCK.run(session, {"scope": "\n".join(scope.values())})  # a statement of its own: the next one must see what the holder wrote
            kept = _KEPT.run(session, scope).fetchone()
            if kept is not None:
                return _again(kept, digest)
        body, status, headers = work(session)
        raw = orjson.dumps(body, default=str)
        if key and status < 400:
            if once_only:
                body = {name: value for name, value in body.items() if name not in once_only}
            again = orjson.dumps(body, default=str) if once_only else raw
            answer = {"body_digest": digest, "status": status, "headers": orjson.dumps(headers).decode(), "answer": again}
            _KEEP.leave(session, scope | answer)
    return Response(raw, status=status, headers=headers, mimetype="application/problem+json" if status >= 400 else "application/json")


def _digest() -> bytes:
    """Return the digest of the request's content, files included."""
    digest = sha256()
    if request.files or request.form:
        for name, values in sorted(request.form.lists()):
            if name not in ("csrf_token", "idempotency_key"):
                digest.update(orjson.dumps([name, values]))
        for name, files in sorted(request.files.lists()):
            for file in files:
                digest.update(orjson.dumps([name, file.filename]))
                digest.update(sha256(file.stream.read()).digest())
                file.stream.seek(0)
    else:
        digest.update(request.get_data())
    return digest.digest()


def _again(kept: Any, digest: bytes) -> Response:
    if bytes(kept.body_digest) != digest:
        return problems.problem(422, "idempotency-key-reused", "The same Idempotency-Key came with another body")
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(bytes(kept.answer), status=kept.status, headers=headers, mimetype="application/json")
