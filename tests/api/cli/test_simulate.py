"""`shenpi simulate`: a command for each vendor, with the vendor's settings."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from api.cli import simulate as module
from api.cli.simulate import VENDORS, simulate

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Flask, int]]:
    """Keep what would be served instead of serving it."""
    kept: list[tuple[Flask, int]] = []
    monkeypatch.setattr(module, "serve", lambda app, port: kept.append((app, port)))
    return kept


def run(*arguments: str) -> Any:
    return CliRunner().invoke(simulate, arguments)


@pytest.mark.parametrize("name", VENDORS)
def test_each_vendor_is_served_on_its_port_with_its_settings(name: str, served: list[tuple[Flask, int]], tmp_path: Path) -> None:
    people = tmp_path / "people.json"
    people.write_text(json.dumps([{"userId": "wang.fang"}]), encoding="utf-8")

    done = run(name, "--store", str(tmp_path / "sim.sqlite"), "--people", str(people), "--rate", "60", "--per-minute", "7")

    assert done.exit_code == 0, done.output
    [(app, port)] = served
    made = app.extensions["simulator"]
    assert port == VENDORS[name][1]
    assert (made.config.per_minute, made.clock.rate, [each.userId for each in made.people.all()]) == (7, 60, ["wang.fang"])
    made.close()


@pytest.mark.parametrize("name", VENDORS)
def test_a_secret_shows_neither_in_help_nor_in_repr(name: str) -> None:
    config = VENDORS[name][0].Config
    shown = run(name, "--help").output + repr(config(store="x"))

    for field in dataclasses.fields(config):
        if field.metadata.get("secret") and field.default:
            assert field.default not in shown, field.name


def test_a_secret_comes_from_the_environment(served: list[tuple[Flask, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHENPI_FEISHU_APP_SECRET", "from-outside")

    run("feishu", "--store", str(tmp_path / "sim.sqlite"), "--no-strict-keys")

    made = served[0][0].extensions["simulator"]
    assert (made.config.app_secret, made.config.strict_keys) == ("from-outside", False)
    made.close()


@pytest.mark.parametrize("text", ["no json", "{}", "[{}]"])
def test_people_that_cannot_be_read_are_an_error_of_the_caller(text: str, served: list[tuple[Flask, int]], tmp_path: Path) -> None:
    people = tmp_path / "people.json"
    people.write_text(text, encoding="utf-8")

    done = run("seeyon", "--store", str(tmp_path / "sim.sqlite"), "--people", str(people))

    assert done.exit_code == 1
    assert "people.json" in done.output
    assert served == []


def test_the_readme_names_every_vendor_and_its_port() -> None:
    text = README.read_text(encoding="utf-8")

    for name, (_, port, _) in VENDORS.items():
        assert f"| `{name}` | {port} |" in text
