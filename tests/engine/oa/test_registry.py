"""Connectors by the kind of their connection."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from offices_support import MemoryDesk, connection

from engine.errors import InvalidContent, NotFound
from engine.oa.contract import Connector
from engine.oa.registry import Connectors
from engine.oa.webhook import Webhook

CONNECTION = connection("http://oa.example")


@pytest.fixture
def connectors() -> Iterator[Connectors]:
    found = Connectors(desk=lambda connection, kind: MemoryDesk())
    yield found
    found.close()


def test_a_connection_has_one_connector_until_it_changes(connectors: Connectors) -> None:
    first: Connector = connectors.get(CONNECTION)

    assert isinstance(first, Webhook)
    assert connectors.get(replace(CONNECTION)) is first
    assert connectors.get(replace(CONNECTION, credentials={"secret": "new", "former_secret": "whsec"})) is not first


def test_an_unknown_kind_is_not_found(connectors: Connectors) -> None:
    with pytest.raises(NotFound):
        connectors.get(replace(CONNECTION, kind="telepathy"))


def test_an_impossible_address_is_refused(connectors: Connectors) -> None:
    with pytest.raises(InvalidContent):
        connectors.get(replace(CONNECTION, base_url="http://me:pw@oa.example"))


def test_the_webhook_says_what_it_can_do(connectors: Connectors) -> None:
    found = connectors.get(CONNECTION).capabilities()

    assert (found.callback_actions, found.custom_actions, found.update_order) == (True, True, "strict_version")
