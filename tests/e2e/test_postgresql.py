"""PostgreSQL as the store: the same job, the same commands, and what is said of a server that is not well."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import own_database, run
from gateway_process import Gateway, configuration, free_port, gateway
from simulated import c2b, stk
from sqlalchemy.engine import URL

from adapters.testing import Answer, Receiver


@pytest.fixture
def database() -> Iterator[URL]:
    with own_database("postgresql") as url:
        yield url


@pytest.fixture
def on_server(tmp_path: Path, erp: Receiver, database: URL) -> Iterator[Gateway]:
    config = configuration(free_port(), erp.url, merge_window="1s")
    config["server"]["workers"] = 2
    config["store"]["url"] = database.render_as_string(hide_password=False)
    with gateway(tmp_path / "gateway", config) as made:
        yield made


def test_a_payment_goes_its_whole_way(on_server: Gateway, erp: Receiver) -> None:
    assert "There is no store in postgresql+psycopg://" in on_server_before(on_server)
    on_server.start()
    erp.script(Answer(503))
    assert on_server.post("stk", stk("ws_1", receipt="UA")).headers["Pesagate-Result"] == "accepted"
    assert on_server.post("c2b-confirmation", c2b("UA")).headers["Pesagate-Result"] == "accepted"
    assert on_server.post("c2b-confirmation", c2b("UA")).headers["Pesagate-Result"] == "duplicate"
    assert on_server.post("c2b-confirmation", c2b("UA", amount="9.00")).headers["Pesagate-Result"] == "conflict"
    assert on_server.post("c2b-confirmation", {"new": "shape UQ"}).headers["Pesagate-Result"] == "quarantined"
    (delivery,) = on_server.wait_for_state("delivered")
    assert (delivery["attempts"], len(erp.requests)) == (2, 2)
    (event,) = on_server.rows("events")
    assert (event["receipt"], event["type"], event["amount"]) == ("UA", "payment.succeeded", "1500.00")
    assert json.loads(erp.requests[0].body)["id"] == event["id"]
    on_server.kill()
    on_server.start()
    assert on_server.post("c2b-confirmation", c2b("UA")).headers["Pesagate-Result"] == "duplicate"
    assert len(on_server.rows("events")) == 1


def on_server_before(on_server: Gateway) -> str:
    on_server.write()
    return on_server.run("events").stderr


@pytest.mark.timeout(300)
def test_every_command_works_on_it(on_server: Gateway, erp: Receiver) -> None:
    on_server.config["store"]["retention"] = {"raw": "90d", "payer": "365d"}
    on_server.start()
    erp.default = Answer(400)
    on_server.post("c2b-confirmation", c2b("UDEAD"))
    on_server.post("c2b-confirmation", {"new": "shape UQ"})
    on_server.wait_for_state("dead")
    assert "UDEAD" in on_server.run("explain", "UDEAD").stdout
    assert "quarantine" in on_server.run("explain", "UQ").stdout.lower()
    assert len(on_server.rows("quarantine")) == 1
    erp.default = Answer()
    assert on_server.run("replay", "UDEAD", "--yes").returncode == 0
    on_server.wait_for_state("delivered")
    for words in (
        ("conflicts",), ("questions",), ("destinations",), ("migrate",), ("quarantine", "reprocess", "--yes"),
        ("purge", "--yes"), ("erase", "UDEAD", "--yes"),
        ("destinations", "park", "erp"), ("destinations", "resume", "erp"),
    ):  # fmt: skip
        done = on_server.run(*words)
        assert (done.returncode, done.stderr) == (0, ""), (words, done)
    assert [event["payer"]["name"] for event in on_server.rows("events")] == [None]
    backup = on_server.run("backup", "copy.dump")
    assert (backup.returncode, "pg_dump" in backup.stdout + backup.stderr) == (3, True)
    assert on_server.stop() == 0


def test_a_server_that_is_not_there_is_named_without_the_password(on_server: Gateway) -> None:
    on_server.config["store"]["url"] = f"postgresql+psycopg://pesagate:hunter2@127.0.0.1:{free_port()}/pesagate"
    on_server.write()
    for command in ("serve", "events"):
        done = on_server.run(command)
        assert done.returncode == 1
        assert "store.url: the database postgresql+psycopg://pesagate:***@127.0.0.1:" in done.stdout + done.stderr
        assert "hunter2" not in done.stdout + done.stderr


def test_a_server_that_would_acknowledge_early_is_told_to_wait_for_its_disk(on_server: Gateway, database: URL) -> None:
    from gateway.domain.settings import Secret
    from gateway.store.engine import open_engine

    run(database, f"ALTER DATABASE {database.database} SET synchronous_commit = off")
    with open_engine(Secret(database.render_as_string(hide_password=False))).begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
