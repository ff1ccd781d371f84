"""Forms of form-js (bpmn.io), as they stand in JSON files beside a drawing: read once into a neutral model, and values checked against the same.

`reader` turns a file into a `Form` (`model`) and lists what it cannot read (`properties`); `accepting` holds values against it, each in its type (`typed`);
`feel` evaluates conditions as the viewer in the browser does (`syntax`, `values`); `flat` writes the fields of a drawing as such a form. Nothing here
knows of tasks, people or the database.
"""

from engine.formjs.accepting import accept
from engine.formjs.flat import schema_of
from engine.formjs.model import Component, Form
from engine.formjs.reader import MAX_FORM, read_form

__all__ = ["MAX_FORM", "Component", "Form", "accept", "read_form", "schema_of"]
