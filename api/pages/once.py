"""Forms that count once: the page's side of `api.idempotency`.

Each form carries a fresh `idempotency_key`. Where the first press led is kept in the transaction that did the work; every later press of the same form,
also after the answer was lost, is led to the same place and changes nothing.
"""

from collections.abc import Callable
from hashlib import sha256

import orjson
from flask import flash, redirect, request
from flask_babel import gettext as _
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from api.idempotency import MAX_KEY
from api.security import current
from engine.database import transaction
from engine.errors import Fault, InvalidVariables
from models.identity import IdempotencyRecord


def once(work: Callable[[Session], str]) -> Response:
    """Run `work` in one transaction and lead to the address it returns; a repeated form is led there again, with a word when it said something else."""
    key = request.form.get("idempotency_key", "")
    if not 0 < len(key) <= MAX_KEY:
        raise InvalidVariables([Fault("form-key-missing", "表单不完整，请刷新页面后重试", "The form is not complete; load the page again")])
    scope = {"caller": current().key, "route": f"{request.method} {request.path}", "key": key}
    digest = _digest()
    with transaction(request.endpoint or "") as session:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:scope, 0))"), {"scope": "\n".join(scope.values())})
        kept = session.execute(select(IdempotencyRecord).filter_by(**scope)).scalar_one_or_none()
        if kept is None:
            target = work(session)
            values = {"body_digest": digest, "status": 303, "headers": {"Location": target}, "answer": b""}
            session.execute(insert(IdempotencyRecord).values(**scope, **values))
        else:
            target = str(kept.headers["Location"])
            if kept.body_digest != digest:
                flash(_("这张表单已经提交过，后来的内容没有生效。"), "warning")
    return redirect(target, 303)


def _digest() -> bytes:
    """Return the digest of what was typed and chosen."""
    digest = sha256()
    for name, values in sorted(request.form.lists()):
        if name not in ("csrf_token", "idempotency_key"):
            digest.update(orjson.dumps([name, values]))
    for name, files in sorted(request.files.lists()):
        for file in files:
            digest.update(orjson.dumps([name, file.filename]))
            digest.update(sha256(file.stream.read()).digest())
            file.stream.seek(0)
    return digest.digest()


def said(response: Response, text: str) -> Response:
    """Put a word about what was done onto the page that follows; only after the commit, so that it is true."""
    flash(text, "success")
    return response
