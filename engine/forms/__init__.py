"""What people fill in: checked against the form of a task or start event, whichever kind it is; and what of a case's variables a form may show.

A form is either the fields of a drawing (`flat`) or a file of form-js (`engine.formjs`), never both.
"""

from engine.forms.checking import MAX_COMMENT, UNFILLED, check_decision, check_start, files_in, missing
from engine.forms.showing import data_of, schema_of, visible

__all__ = ["MAX_COMMENT", "UNFILLED", "check_decision", "check_start", "data_of", "files_in", "missing", "schema_of", "visible"]
