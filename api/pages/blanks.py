"""What a template prints where there is nothing: a blank for what a person has not filled in, and nothing silently for what a page forgot to give."""

import logging
from typing import Any, ClassVar

from flask import Flask
from jinja2 import Undefined, UndefinedError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

log = logging.getLogger("shenpi.pages")

#: a form that nobody has filled in
UNFILLED: ImmutableMultiDict[str, str] = ImmutableMultiDict()


class Blank(Undefined):
    """Printed, it is empty for an `if` without `else` and for a field that is not in a form or an address. Whatever else is missing is our fault: an error in
    development, and in production a line in the log, for a page without one word is better than no page."""

    strict: ClassVar[bool] = False

    def __str__(self) -> str:
        if self._undefined_name is not None and not isinstance(self._undefined_obj, MultiDict):
            if self.strict:
                raise UndefinedError(self._undefined_message)
            log.error("a page prints what is not there: %s", self._undefined_message)
        return ""


class StrictBlank(Blank):
    """A blank of development."""

    strict = True


def register(app: Flask, *, development: bool) -> None:
    """Let templates print nothing silently."""
    kind: Any = StrictBlank if development else Blank
    app.jinja_env.undefined = kind
    app.jinja_env.globals["unfilled"] = UNFILLED
