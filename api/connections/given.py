"""What an administrator gives for a connection, read by the fields of its kind: settings that may be shown, and secrets that may not."""

from collections.abc import Mapping
from typing import Any

from api import framing
from engine import reach
from engine.errors import Fault, InvalidContent, InvalidVariables
from engine.oa.contract import Field
from engine.oa.kinds import KINDS, Kind
from engine.oa.webhook.client import checked

SHORTEST = 16  #: characters of the webhook's secret
LONGEST = 4000
FRAMES = "frame_hosts"  #: who may show our pages in a frame
LONGEST_NAME = 100
#: settings that every kind has: what is promised of deliveries, and how much faster than usual the vendor lets us call
TARGETS = {"target_share": 95.0, "target_seconds": 10.0, "rate_factor": 1.0}
MOST = {"target_share": 100.0, "target_seconds": 86_400.0, "rate_factor": 1000.0}
NAMES = {"target_share": "目标比例", "target_seconds": "目标秒数", "rate_factor": "限流倍数"}


def kind_of(name: str) -> Kind:
    """Return a kind by its name. Refuses with `InvalidVariables` one that is not registered."""
    if name not in KINDS:
        raise InvalidVariables(
            [Fault("kind-unknown", "没有这种连接", "No such kind of connection", path="kind", found=name[:LONGEST_NAME])]
        )
    return KINDS[name]


def secrets_of(kind: Kind) -> dict[str, Field]:
    return {field.name: field for field in kind.fields if field.secret}


def settings_of(kind: Kind) -> dict[str, Field]:
    return {field.name: field for field in kind.fields if not field.secret}


def url_of(kind: Kind, url: str, faults: list[Fault]) -> str:
    """Return the address, or the usual one of the kind where none is given."""
    return address_of(url.strip() or kind.base_url, "baseUrl", faults)


def address_of(url: str, path: str, faults: list[Fault]) -> str:
    """Return an address without its last slash: one that is none, or leads to where we may not, is a fault."""
    try:
        found = checked(url, path)
    except InvalidContent as error:
        faults.extend(error.faults)
        return ""
    refused = reach.fault_of(found, path)
    faults.extend([refused] if refused is not None else [])
    return found


def name_of(name: str, faults: list[Fault]) -> str:
    if not name.strip() or len(name) > LONGEST_NAME:
        faults.append(Fault("name-missing", f"请填写名称，最多 {LONGEST_NAME} 字", "A name is needed, at most 100 characters", path="name"))
    return name.strip()


def read_settings_of(kind: Kind, given: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
    """Return the settings of a kind from what was given; what is left out has its default, what is required must be there."""
    found: dict[str, Any] = {}
    known = settings_of(kind)
    for name in sorted(set(given) - set(known) - set(TARGETS)):
        faults.append(Fault("field-unknown", "没有这一项", "No such field", path=name[:LONGEST_NAME]))
    for name, field in known.items():
        value = given.get(name, "").strip() or field.default
        if field.required and not value:
            faults.append(Fault("field-missing", f"请填写“{field.zh}”", f"{field.en} is needed", path=name))
        elif len(value) > LONGEST:
            faults.append(Fault("too-long", f"“{field.zh}”太长", f"{field.en} is too long", path=name))
        elif name == FRAMES and (strange := framing.strangers_in(value)):
            zh, en = (
                "应为主机名，如 oa.example.com、https://oa.example.com:8443、*.feishu.cn",
                "Hosts, such as oa.example.com or *.feishu.cn",
            )
            faults.append(Fault("host-invalid", zh, en, path=name, found=strange[0][:100]))
        elif name.endswith("_url") and value:  # requests go there, too
            found[name] = address_of(value, name, faults)
        elif value:
            found[name] = value
    for name, usual in TARGETS.items():
        number = number_of(name, given.get(name, ""), usual, faults)
        if number != usual:
            found[name] = number
    return found


def number_of(name: str, text: str, usual: float, faults: list[Fault]) -> float:
    """Return a number above nothing; the usual one where none is given."""
    try:
        number = float(text.strip() or usual)
    except ValueError:
        number = -1.0
    if not 0 < number <= MOST[name]:
        faults.append(
            Fault("number-invalid", f"“{NAMES[name]}”须大于 0、不超过 {MOST[name]:g}", f"Above 0 and at most {MOST[name]:g}", path=name)
        )
        return usual
    return number


def read_secrets(kind: Kind, given: Mapping[str, str], faults: list[Fault], *, all_of_them: bool) -> dict[str, str]:
    """Return the secrets that were given; with `all_of_them` what is required must be there."""
    known = secrets_of(kind)
    for name in sorted(set(given) - set(known)):
        faults.append(Fault("field-unknown", "没有这一项", "No such secret", path=name[:LONGEST_NAME]))
    found = {name: given[name].strip() for name in known if given.get(name, "").strip()}
    for name, value in found.items():
        if len(value) > LONGEST or "\0" in value:
            faults.append(Fault("too-long", f"“{known[name].zh}”太长", f"{known[name].en} is too long", path=name))
        if kind is KINDS.get("webhook") and len(value) < SHORTEST:
            faults.append(Fault("secret-short", f"密钥至少 {SHORTEST} 个字符", f"A secret has at least {SHORTEST} characters", path=name))
    for name, field in known.items():
        if all_of_them and field.required and name not in found:
            faults.append(Fault("field-missing", f"请填写“{field.zh}”", f"{field.en} is needed", path=name))
    return found
