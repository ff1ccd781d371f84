"""`Idempotency-Key`: the first answer is kept in the transaction that did the work, and given again to the same key.

Scope is caller + route + key. Another body under the same key is 422. Errors are not kept: the work did not happen.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
from flask import Response, request
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from api import problems
from api.security import current
from engine.database import transaction
from models.identity import IdempotencyRecord

MAX_KEY = 200


def once(work: Callable[[Session], tuple[Any, int, dict[str, str]]]) -> Response:
    """Run `work` in one transaction and answer with its JSON body, status and headers; a repeated key gets the first answer."""
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or ""
    if len(key) > MAX_KEY:
        return problems.problem(422, "idempotency-key-too-long", f"An Idempotency-Key has at most {MAX_KEY} characters")
    scope = {"caller": current().key, "route": f"{request.method} {request.path}", "key": key}
    digest = _digest()
    with transaction(request.endpoint or "") as session:
        if key:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:scope, 0))"), {"scope": "\n".join(scope.values())})
            kept = session.execute(select(IdempotencyRecord).filter_by(**scope)).scalar_one_or_none()
            if kept is not None:
                return _again(kept, digest)
        body, status, headers = work(session)
        raw = orjson.dumps(body, default=str)
        if key and status < 400:
            session.execute(insert(IdempotencyRecord).values(**scope, body_digest=digest, status=status, headers=headers, answer=raw))
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


def _again(kept: IdempotencyRecord, digest: bytes) -> Response:
    if kept.body_digest != digest:
        return problems.problem(422, "idempotency-key-reused", "The same Idempotency-Key came with another body")
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    return Response(kept.answer, status=kept.status, headers=headers, mimetype="application/json")
