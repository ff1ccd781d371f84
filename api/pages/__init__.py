"""Server-rendered pages, one file a page. Chinese first, phone first; everything works without script except drawings."""

from flask import Flask

from api.pages import (
    archive,
    authority,
    blanks,
    bulk,
    case,
    case_verbs,
    cases,
    connections,
    deliveries,
    directory,
    duties,
    frame,
    identities,
    inbox,
    incidents,
    invoice,
    organisation,
    people,
    posts,
    processes,
    reconciliation,
    sign_in,
    sign_ins,
    sso,
    start,
    submit,
    substitutions,
    task,
    task_verbs,
    todos,
)  # fmt: skip

BLUEPRINTS = (
    sign_in.blueprint, sso.blueprint, todos.blueprint, bulk.blueprint, task.blueprint, task_verbs.blueprint, submit.blueprint, cases.blueprint,
    case.blueprint, case_verbs.blueprint, invoice.blueprint, archive.blueprint, processes.blueprint, start.blueprint, incidents.blueprint,
    people.blueprint, posts.blueprint, organisation.blueprint, substitutions.blueprint, authority.blueprint, duties.blueprint, deliveries.blueprint,
    connections.blueprint, identities.blueprint, directory.blueprint, inbox.blueprint, reconciliation.blueprint, sign_ins.blueprint,
)  # fmt: skip


def register(app: Flask) -> None:
    """Add every page and what their frame needs."""
    frame.register(app)
    blanks.register(app, development=app.config["SETTINGS"].development)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
