"""Posts and their holders, and the import of people, departments, posts and groups."""

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from api import problems
from api.idempotency import once
from api.rest.conventions import Camel, Strict, multipart, page_of, route
from api.security import current
from engine.database import transaction
from engine.organisation import posts as room
from engine.organisation.comparing import Change
from engine.organisation.importing import import_files
from models.organisation import Post, PostHolder

blueprint = Blueprint("organisation", __name__, url_prefix="", description="Posts, and the import of the organisation")


class HolderView(Camel):
    person = fields.String(attribute="person.key")
    name = fields.String(attribute="person.name")
    legal_entity = fields.String(attribute="legal_entity.key")
    since = fields.AwareDateTime()


class PostView(Camel):
    key = fields.String()
    name = fields.String()
    active = fields.Boolean()
    holders = fields.List(fields.Nested(HolderView))


class Posts(Camel):
    items = fields.List(fields.Nested(PostView))
    after = fields.String(allow_none=True)


class NewPost(Strict):
    key = fields.String(required=True, validate=validate.Length(1, 100))
    name = fields.String(required=True, validate=validate.Length(1, 100))


class Activity(Strict):
    active = fields.Boolean(required=True)


class Holding(Strict):
    person = fields.String(required=True, validate=validate.Length(1, 200))
    legal_entity = fields.String(required=True, validate=validate.Length(1, 200))


class ImportedChange(Camel):
    kind = fields.String()
    key = fields.String()
    name = fields.String()
    action = fields.String()
    changed = fields.Dict(keys=fields.String(), metadata={"description": "field -> [old, new]"})


class Imported(Camel):
    dry_run = fields.Boolean()
    items = fields.List(fields.Nested(ImportedChange))
    after = fields.String(allow_none=True)


def as_json(row: Post, holders: list[PostHolder]) -> Any:
    return PostView().dump({"key": row.key, "name": row.name, "active": row.active, "holders": holders})


@blueprint.route("/posts", methods=["GET"])
@route("people.read")
@blueprint.response(200, Posts)
def index() -> Any:
    """Every post with those who hold it now."""
    with transaction() as session:
        return page_of([as_json(row, holders) for row, holders in room.posts(session)], None)


@blueprint.route("/posts", methods=["POST"])
@route("people.manage")
@blueprint.arguments(NewPost)
@blueprint.response(201, PostView)
def add(body: dict[str, Any]) -> Response:
    """Make a post."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        return as_json(room.add(session, body["key"], body["name"]), []), 201, {}

    return once(work)


@blueprint.route("/posts/<key>/activate", methods=["POST"])
@route("people.manage")
@blueprint.arguments(Activity)
@blueprint.response(200, PostView)
def activate(body: dict[str, Any], key: str) -> Response:
    """Say whether drawings may ask for a post; who holds it stays."""

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        row = room.set_active(session, key, body["active"])
        return as_json(row, next(holders for one, holders in room.posts(session) if one.id == row.id)), 200, {}

    return once(work)


@blueprint.route("/posts/<key>/appoint", methods=["POST"])
@route("people.manage")
@blueprint.arguments(Holding)
@blueprint.response(201, HolderView)
def appoint(body: dict[str, Any], key: str) -> Response:
    """Let a person hold a post in a legal entity from now on."""
    return once(lambda session: (HolderView().dump(room.appoint(session, key, **body)), 201, {}))


@blueprint.route("/posts/<key>/dismiss", methods=["POST"])
@route("people.manage")
@blueprint.arguments(Holding)
@blueprint.response(200, HolderView)
def dismiss(body: dict[str, Any], key: str) -> Response:
    """Let a person hold a post no more; that she did is kept."""
    return once(lambda session: (HolderView().dump(room.dismiss(session, key, **body)), 200, {}))


@blueprint.route("/people/import", methods=["POST"])
@route("people.manage", files=True)
@blueprint.doc(requestBody=multipart("files", several=True))
@blueprint.response(200, Imported)
def import_people() -> Response:
    """Bring people, departments, posts and groups to what CSV and XLSX files say, all or nothing; faults come as a list with file, row and column.

    With `dryRun=true` nothing is changed. With `deactivateAbsent=true` people who are not in the table of people become inactive; nobody is deleted.
    """
    files = request.files.getlist("files")
    if request.mimetype != "multipart/form-data" or not files:
        return problems.problem(415, "unsupported-media-type", "Send the files as multipart/form-data under the name files")
    contents = {(file.filename or "unnamed").replace("\\", "/").rsplit("/", 1)[-1]: file.stream.read() for file in files}
    if len(contents) < len(files):
        return problems.problem(422, "file-names", "Two of the files have the same name")
    for file in files:
        file.stream.seek(0)
    dry_run, absent = (request.form.get(name) == "true" for name in ("dryRun", "deactivateAbsent"))

    def work(session: Session) -> tuple[Any, int, dict[str, str]]:
        changes = import_files(session, contents, by=current().key, dry_run=dry_run, deactivate_absent=absent)
        return {"dryRun": dry_run, "items": [shown(change) for change in changes], "after": None}, 200, {}

    return once(work)


def shown(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind, "key": change.key, "name": change.name, "action": change.action,
        "changed": {name: list(values) for name, values in change.fields.items()},
    }  # fmt: skip
