"""Which language a request is answered in: Chinese first, English when the person switched to it or the program asks for it."""

from flask import has_request_context, request, session

LANGUAGES = ("zh", "en")


def choose() -> str:
    """Return `zh` or `en`: pages are Chinese until the person switches; programs get what they ask for, else English."""
    if not has_request_context():
        return "zh"
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(LANGUAGES) or "en"
    return "zh"
