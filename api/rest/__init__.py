"""The REST interface under `/api/v1`: one blueprint a noun, with its schemas beside it."""

from flask_smorest import Api

from api.rest import (
    archive,
    attachments,
    authority,
    case_verbs,
    connections,
    definitions,
    deliveries,
    departments,
    drafts,
    duties,
    health,
    history,
    identities,
    inbox,
    incidents,
    instances,
    invoices,
    messages,
    organisation,
    people,
    reconciliation,
    reference,
    sign_ins,
    substitutions,
    task_verbs,
    tasks,
)  # fmt: skip
from api.security import csrf

BLUEPRINTS = (
    definitions.blueprint, instances.blueprint, tasks.blueprint, task_verbs.blueprint, case_verbs.blueprint, attachments.blueprint, drafts.blueprint,
    history.blueprint, invoices.blueprint, archive.blueprint, incidents.blueprint, messages.blueprint, people.blueprint, departments.blueprint,
    organisation.blueprint, substitutions.blueprint, authority.blueprint, duties.blueprint, connections.blueprint, deliveries.blueprint,
    identities.blueprint, inbox.blueprint, reconciliation.blueprint, sign_ins.blueprint,
)  # fmt: skip


def register(api: Api) -> None:
    """Add every blueprint. Programs send a bearer token and need no CSRF token; pages that call these routes send theirs in a header."""
    for blueprint in BLUEPRINTS:
        csrf.exempt(blueprint)  # `conventions.route` asks for the token where a cookie speaks
        api.register_blueprint(blueprint, url_prefix=f"/api/v1{blueprint.url_prefix or ''}")
    health.register(api)
    reference.register(api)
