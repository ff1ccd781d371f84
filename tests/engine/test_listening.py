"""Connections that we hold open: one that is broken keeps no other from being heard."""

import pytest
from engine_support import execute
from flask import Flask

from engine import listening
from engine.database import transaction
from engine.oa import vault
from engine.oa.registry import Connectors
from models.oa import OaConnection


@pytest.fixture
def streams(app: Flask) -> None:
    with transaction() as session:
        for key in ("a-broken", "b-whole"):
            session.add(
                OaConnection(
                    key=key, kind="dingtalk", name=key, base_url="http://127.0.0.1:9", credentials=vault.seal(key, {"app_secret": "secret-of-app"}),
                    settings={"stream": "1", "app_key": "k"}, active=True,
                )
            )  # fmt: skip
    execute("UPDATE oa_connection SET credentials = 'cut' WHERE key = 'a-broken'")


def test_a_connection_whose_credentials_no_key_opens_keeps_no_other_from_being_heard(streams: None) -> None:
    connectors = Connectors()
    assert listening.wanted(connectors) == ["b-whole"]
    connectors.close()
