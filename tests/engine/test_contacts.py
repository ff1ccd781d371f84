"""Contacts that an office system gives in no shape that it promised."""

from collections.abc import Iterator

import pytest
from engine_support import rows
from flask import Flask

from api.cli.company import CONNECTION
from engine import directory, worker
from engine.database import transaction
from engine.oa.contract import RemotePerson


class Liar:
    """An office system whose list of people lacks what every person has."""

    def get(self, connection: object) -> "Liar":
        return self

    def people(self) -> Iterator[RemotePerson]:
        raise KeyError("userid")

    def departments(self) -> Iterator[object]:
        return iter(())


def test_contacts_in_no_known_shape_are_told_and_not_waited_for_for_ever(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.hands, "connectors", Liar())
    with transaction() as session:
        directory.want(session, CONNECTION)
    worker.look_at_directory(CONNECTION)
    (row,) = rows("SELECT failure FROM oa_directory")
    assert "userid" in row.failure
