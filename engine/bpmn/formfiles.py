"""Forms that are deployed beside a drawing: each is written into the elements that refer to it, so that a version of a process has its forms for good."""

import json
from collections.abc import Iterator, Mapping

import orjson
from lxml import etree

from engine.bpmn.xml import EXTENSIONS, SHENPI, tag, vendor
from engine.errors import Fault
from engine.formjs import MAX_FORM

FILES = (".form", ".json")
FORM = f"{{{SHENPI}}}form"
DEEPEST = 60  #: with what we put around a form it must be read and written by libraries that stop at some two hundred
PREFIXES = ("camunda-forms:", "deployment:", "app:")


def forms_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the file of each form, by the form's id and by the file's name; other JSON than forms is left out."""
    found: dict[str, str] = {}
    for name, content in files.items():
        if name.endswith(FILES):
            form = orjson.loads(content)
            if name.endswith(".form") or (isinstance(form, dict) and "components" in form):
                found[name] = name
                if isinstance(form, dict) and isinstance(form.get("id"), str):
                    found.setdefault(form["id"], name)
    return found


def broken(files: Mapping[str, bytes]) -> Iterator[Fault]:
    """Find files that should hold JSON and do not, whoever refers to them: a form that is left out would leave its task without fields."""
    for name, content in files.items():
        if not name.endswith(FILES):
            continue
        try:
            form = orjson.loads(content) if len(content) <= MAX_FORM else None
        except orjson.JSONDecodeError as error:
            zh, en = f"不是 JSON：{error.msg}", f"This is no JSON: {error.msg}"
            yield Fault("form-invalid", zh, en, file=name, line=error.lineno)
            continue
        if len(content) > MAX_FORM:
            yield Fault("form-invalid", f"超过 {MAX_FORM} 字节", f"The file is larger than {MAX_FORM} bytes", file=name)
        elif is_deep(form):
            yield Fault("form-invalid", f"嵌套超过 {DEEPEST} 层", f"Its parts are nested more than {DEEPEST} deep", file=name)


def is_deep(value: object) -> bool:
    """Tell whether lists and objects stand more than `DEEPEST` deep in each other."""
    level = [value]
    for _ in range(DEEPEST):
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
    return bool(level)


def fill(root: etree._Element, files: Mapping[str, bytes]) -> None:
    """Write forms, none of them `broken`, into the user tasks and start events that refer to them by `formRef` or `formKey`."""
    forms = forms_of(files)
    for node in root.iter(tag("userTask"), tag("startEvent"), tag("globalUserTask")) if forms else ():
        key = vendor(node, "formRef") or vendor(node, "formKey") or ""
        for prefix in PREFIXES:
            key = key.removeprefix(prefix)
        name = forms.get(key) or forms.get(key.rpartition("/")[2])
        if name is not None:
            holder = node.find(EXTENSIONS)
            if holder is None:
                holder = etree.Element(EXTENSIONS)
                node.insert(0, holder)
            etree.SubElement(holder, FORM, file=clean(name)).text = json.dumps(orjson.loads(files[name]), separators=(",", ":"))


def clean(text: str) -> str:
    """Return a text that XML can hold."""
    return "".join(letter for letter in text if letter.isprintable())
