"""The page on which a person says who she is, and the way back to the product with a code."""

from urllib.parse import urlencode, urlsplit

from flask import abort, redirect, render_template, request
from werkzeug.wrappers import Response

from api.simulators.simulator import simulator


def authorize(redirect_uris: str, *, code_name: str = "code", **facts: str) -> Response | str:
    """List the people to sign in as; with `_person` in the query, go back at once with a code of hers.

    `redirect_uris` are the registered ones, comma separated; empty lets every one through.
    """
    sim = simulator()
    back = request.args.get("redirect_uri", "")
    registered = [each.strip() for each in redirect_uris.split(",") if each.strip()]
    if urlsplit(back).scheme not in ("http", "https") or (registered and back not in registered):
        abort(400, "redirect_uri is not registered")
    if "_person" not in request.args:
        people = [
            {"name": each.name, "userId": each.userId, "link": f"?{urlencode({**request.args, '_person': each.userId})}"}
            for each in sim.people.all()
            if each.active
        ]
        return render_template("authorize.html", people=people)
    person = sim.people.working("userId", request.args["_person"]) or abort(404)
    code = sim.codes.make(person.userId, redirect_uri=back, **facts)
    query = urlencode({code_name: code, "state": request.args.get("state", "")})
    return redirect(f"{back}{'&' if urlsplit(back).query else '?'}{query}", code=302)
