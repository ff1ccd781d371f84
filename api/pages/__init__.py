"""Server-rendered pages, one file a page. Chinese first, phone first; everything works without script except drawings."""

from flask import Flask

from api.pages import archive, case, cases, frame, incidents, invoice, people, processes, sign_in, start, submit, task, todos

BLUEPRINTS = (
    sign_in.blueprint, todos.blueprint, task.blueprint, submit.blueprint, cases.blueprint, case.blueprint, invoice.blueprint, archive.blueprint,
    processes.blueprint, start.blueprint, incidents.blueprint, people.blueprint,
)  # fmt: skip


def register(app: Flask) -> None:
    """Add every page and what their frame needs."""
    frame.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
