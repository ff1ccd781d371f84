"""No process waits for hours for a database machine that is gone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from engine import jobs
from engine.database.embedded import EmbeddedServer
from engine.database.patience import PATIENCE, patience
from models import db


def test_what_an_address_says_itself_is_left_to_it() -> None:
    given = patience("postgresql+psycopg://shenpi@db.example/shenpi?connect_timeout=3&keepalives_idle=5")
    assert set(PATIENCE) - set(given) == {"connect_timeout", "keepalives_idle"}


def test_connections_of_pages_and_jobs_give_up_a_machine_that_does_not_answer(app: Flask) -> None:
    with db.engine.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()
    assert {name: told.get(name) for name in PATIENCE} == {name: str(value) for name, value in PATIENCE.items()}


def test_connections_of_the_queue_give_up_a_machine_that_does_not_answer(server: EmbeddedServer) -> None:
    async def told() -> dict[str, str]:
        app = jobs.make_app(server.dsn("postgres"))
        async with app.open_async(), app.connector.pool.connection() as connection:
            return connection.info.get_parameters()

    with ThreadPoolExecutor(1) as beside:  # a browser of another test may have a loop running here
        found = beside.submit(lambda: asyncio.run(told())).result()
    assert {name: found.get(name) for name in PATIENCE} == {name: str(value) for name, value in PATIENCE.items()}
