"""Stand-ins for office systems, each a process of its own."""

import dataclasses
import json
import signal
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import click
from flask import Flask

from api.simulators import dingtalk, feishu, landray, oa, seeyon, weaver, wecom
from api.simulators.people import read_person
from engine.settings import read_settings

#: name -> (its simulator, its usual port, what it is)
VENDORS: dict[str, tuple[ModuleType, int, str]] = {
    "feishu": (feishu, 8092, "Feishu (飞书): third-party approvals, callbacks, contacts, sign-in."),
    "dingtalk": (dingtalk, 8093, "DingTalk (钉钉): process centre, to-dos, gateway of buttons, events, contacts, sign-in."),
    "weaver": (weaver, 8094, "Weaver e-cology (泛微): unified to-dos (ofs) over JSON and SOAP."),
    "seeyon": (seeyon, 8095, "Seeyon (致远): third-party pending over REST."),
    "landray": (landray, 8096, "Landray EKP (蓝凌): to-dos over SOAP."),
    "wecom": (wecom, 8097, "WeCom (企业微信): cards with buttons, callbacks, contacts, sign-in."),
}
STORE = click.option("--store", type=click.Path(path_type=Path), default=None, help="SQLite file; default below SHENPI_HOME")


@click.group()
def simulate() -> None:
    """Stand-ins for office systems, for tests, demos and rehearsals."""


@simulate.command("oa")
@click.option("--port", default=8100, show_default=True)
@STORE
@click.option("--secret", envvar="SHENPI_SIMULATOR_SECRET", required=True)
@click.option("--callback-url", required=True)
def simulate_oa(port: int, store: Path | None, secret: str, callback_url: str) -> None:
    """A generic office system with lists, buttons and fault switches."""
    serve(oa.create_app(oa.Config(store=kept(store, "simulator"), callback_url=callback_url, secret=secret)), port)


def vendor_command(name: str) -> click.Command:
    """Return the command of one vendor: its options are the fields of its configuration."""
    vendor, port, help = VENDORS[name]
    options = [option(name, field) for field in dataclasses.fields(vendor.Config) if field.name != "store"]

    @click.option("--people", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON list of the people it knows")
    @click.option(
        "--rate", default=None, type=click.FloatRange(0, 100_000, min_open=True), help="how fast its clock runs; 60: a minute a second"
    )
    @STORE
    @click.option("--port", default=port, show_default=True)
    def command(port: int, store: Path | None, people: Path | None, rate: float | None, **given: Any) -> None:
        known = read_people(people) if people else None
        app = vendor.create_app(vendor.Config(store=kept(store, name), **given))
        made = app.extensions["simulator"]
        if known is not None:
            made.people.replace(known)
        if rate:
            made.clock.run(rate)
        serve(app, port)

    for each in reversed(options):
        command = each(command)
    return click.command(name, help=help)(command)


def option(vendor: str, field: dataclasses.Field[Any]) -> Any:
    """Return an option for a field. A secret may come from the environment and is not shown."""
    flag, secret = field.name.replace("_", "-"), field.metadata["secret"]
    names = f"--{flag}/--no-{flag}" if isinstance(field.default, bool) else f"--{flag}"
    variable = f"SHENPI_{vendor}_{field.name}".upper() if secret else None
    kind = type(field.default)
    return click.option(
        names,
        field.name,
        default=field.default,
        type=kind,
        show_default=not secret,
        envvar=variable,
        show_envvar=secret,
        help=field.metadata["help"],
    )


def read_people(file: Path) -> list[Any]:
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from error
    people = [read_person(each) for each in body] if isinstance(body, list) else [None]
    if None in people:
        raise click.ClickException(f"{file}: a list of people is needed, each an object with at least userId")
    return people


def kept(store: Path | None, name: str) -> str:
    if store:
        return str(store)
    home = read_settings().home
    home.mkdir(parents=True, exist_ok=True)
    return str(home / f"{name}.sqlite")


def serve(app: Flask, port: int) -> None:
    signal.signal(signal.SIGTERM, _leave)
    app.run(host="127.0.0.1", port=port, threaded=True)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


for vendor in VENDORS:
    simulate.add_command(vendor_command(vendor))
