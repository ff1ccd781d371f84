"""How bodies are read: whatever is no JSON is the caller's to put right."""

from json import JSONDecodeError
from typing import Any

from webargs.flaskparser import FlaskParser


class Parser(FlaskParser):
    """Tells every body that cannot be read, also what is JSON and no number of Python's (more than 4,300 digits), with 400."""

    def _raw_load_json(self, req: Any) -> Any:
        try:
            return super()._raw_load_json(req)
        except (JSONDecodeError, UnicodeDecodeError):
            raise
        except ValueError as error:
            raise JSONDecodeError(str(error), "...", 0) from error
