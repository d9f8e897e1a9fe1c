"""Where lists come from: real files, real databases, a real HTTP server; and what is said where nothing comes."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from databases import own_database, run
from gateway_process import free_port
from sqlalchemy.engine import URL, make_url

from adapters.testing import Answer, Receiver
from gateway.domain.references import DatabaseSource, FileSource, HttpSource, ReferenceList
from gateway.domain.settings import Secret
from gateway.references.sources import alike, fault_of, read
from gateway.references.unreadable import MOST_BYTES, Unreadable

SOON = timedelta(seconds=2)


def fault(source: FileSource | DatabaseSource | HttpSource, timeout: timedelta = SOON) -> str:
    with pytest.raises(Unreadable) as raised:
        read(source, timeout)
    return str(raised.value)


# Files


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"INV-1\nINV-2\n", {"INV-1", "INV-2"}),
        (b"\xef\xbb\xbfINV-1\r\n\r\n  INV-2  ", {"INV-1", "INV-2"}),
        ("Nyayo é\n".encode(), {"Nyayo é"}),
        (b"", set()),
        (b"\n \n", set()),
        (b"INV-1\nINV-1\n", {"INV-1"}),
    ],
)
def test_a_file(tmp_path: Path, content: bytes, found: set[str]) -> None:
    path = tmp_path / "open.txt"
    path.write_bytes(content)
    wanted = ReferenceList("open", "duka", FileSource(str(path)))
    assert alike(read(wanted.source, SOON), wanted) == found


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "open.txt"
    assert fault(FileSource(str(path))) == "there is no such file"
    assert fault(FileSource(str(tmp_path))) == "it is not a plain file"
    path.write_bytes(b"\xff\xfe")
    assert fault(FileSource(str(path))) == "it is not UTF-8 text"
    path.write_bytes(b"x" * (MOST_BYTES + 1))
    assert fault(FileSource(str(path))) == "it is larger than 16 MiB"
    # A pipe that nobody writes to must not be waited for.
    os.mkfifo(tmp_path / "pipe")
    assert fault(FileSource(str(tmp_path / "pipe"))) == "it is not a plain file"


# Databases


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """A database of its own, with a few invoices."""
    if request.param == "sqlite":
        made = make_url(f"sqlite:///{tmp_path}/erp.db")
        run(made, *INVOICES)
        yield made
        return
    with own_database(request.param) as made:
        run(made, *INVOICES)
        yield made


INVOICES = (
    "CREATE TABLE invoices (number VARCHAR(20), room INTEGER, state VARCHAR(10))",
    "INSERT INTO invoices VALUES ('INV-1', 10, 'open'), ('INV-2', 20, 'paid'), (NULL, 30, 'open'), ('50%', 40, 'open')",
)


def of(url: URL, query: str) -> DatabaseSource:
    return DatabaseSource(Secret(url.render_as_string(hide_password=False)), query)


def test_a_query(database: URL) -> None:
    assert fault_of(of(database, "")) is None
    wanted = of(database, "SELECT number, room FROM invoices WHERE state = 'open' ORDER BY room")
    assert list(read(wanted, SOON)) == ["INV-1", "50%"]
    run(database, "INSERT INTO invoices VALUES ('INV-9', 90, 'open')")
    assert list(read(wanted, SOON)) == ["INV-1", "50%", "INV-9"]
    assert list(read(of(database, "SELECT room FROM invoices ORDER BY room"), SOON)) == ["10", "20", "30", "40", "90"]
    # Signs that some drivers would take for parameters.
    like = of(database, "SELECT number FROM invoices WHERE number LIKE '50%' AND state <> ':x'")
    assert list(read(like, SOON)) == ["50%"]


def test_a_query_that_fails_says_so_without_a_phone_number(database: URL) -> None:
    said = fault(of(database, "SELECT number FROM no_254708374149_table"))
    assert "no_..._table" in said
    assert "254708374149" not in said
    assert "\n" not in said


def test_what_a_query_writes_is_not_kept(database: URL) -> None:
    said = fault(of(database, "UPDATE invoices SET state = 'paid'"))
    assert said
    assert list(read(of(database, "SELECT count(*) FROM invoices WHERE state = 'open'"), SOON)) == ["3"]


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_server_that_is_down_is_told_at_once(scheme: str) -> None:
    said = fault(DatabaseSource(Secret(f"{scheme}://u:hunter2@127.0.0.1:{free_port()}/x"), "SELECT 1"))
    assert said.startswith("OperationalError: ")
    assert "hunter2" not in said


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "mysql+pymysql"])
def test_a_server_that_says_nothing_is_given_up(scheme: str, silent: str) -> None:
    assert fault(DatabaseSource(Secret(f"{scheme}://u@{silent}/x"), "SELECT 1"), timedelta(seconds=2))


@pytest.fixture
def silent() -> Iterator[str]:
    """Where connections are taken and nothing is ever said."""
    import socket

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_query_without_end_is_ended_by_the_server() -> None:
    with own_database("postgresql") as made:
        assert fault(of(made, "SELECT pg_sleep(3600)"), timedelta(seconds=1)).startswith("QueryCanceled: ")


def test_sqlite_makes_no_empty_database_where_there_is_none(tmp_path: Path) -> None:
    source = DatabaseSource(Secret(f"sqlite:///{tmp_path}/none.db"), "SELECT 1")
    assert fault(source) == "there is no such SQLite file"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://host/db", None),
        ("nosuch://host/db", "SQLAlchemy has no dialect of that name: install the one that the database needs."),
        ("oracle+cx_oracle://host/db", "the driver cx_Oracle is not installed: install it beside pesagate."),
        ("no url at all", "the URL is none that SQLAlchemy understands."),
    ],
)
def test_what_is_missing_here_is_known_without_asking(url: str, said: str | None) -> None:
    assert fault_of(DatabaseSource(Secret(url), "SELECT 1")) == said


# Addresses


@pytest.mark.parametrize(
    ("body", "keys", "found"),
    [
        (b'["INV-1", "INV-2"]', {}, ["INV-1", "INV-2"]),
        (b'\xef\xbb\xbf [1042, 7.50, "0010"]', {}, ["1042", "7.50", "0010"]),
        (b"[]", {}, []),
        (b'[{"number": "INV-1", "x": [1]}, {"number": 2}]', {"field": "number"}, ["INV-1", "2"]),
        (b'{"data": [{"name": "INV-1"}]}', {"items": "data", "field": "name"}, ["INV-1"]),
        (b'{"data": ["INV-1"], "more": null}', {"items": "data"}, ["INV-1"]),
        (b"INV-1\r\nINV-2\n", {}, ["INV-1", "INV-2"]),
        (b"", {}, []),
    ],
)
def test_an_address(erp: Receiver, body: bytes, keys: dict[str, str], found: list[str]) -> None:
    erp.script(Answer(body=body))
    source = HttpSource(f"{erp.url}/open?all=1", ("X-Api-Key", Secret("S3cret")), **keys)
    assert list(read(source, SOON)) == found
    (asked,) = erp.requests
    assert (asked.method, asked.path, asked.headers["x-api-key"]) == ("GET", "/open?all=1", "S3cret")


@pytest.mark.parametrize(
    ("answer", "keys", "said"),
    [
        (Answer(500), {}, "it answered with the status 500"),
        (Answer(204, b""), {}, "it answered with the status 204"),
        (Answer(302, headers={"Location": "/elsewhere"}), {}, "it answered with the status 302"),
        (Answer(body=b"[1,"), {}, "its answer is not JSON"),
        (Answer(body=b"INV-1"), {"field": "number"}, "its answer is not JSON"),
        (Answer(body=b"[" * 100_000), {}, "its answer is not JSON"),
        (Answer(body=b"{}"), {}, "its answer is no array; where a member of it is, name that one with items"),
        (Answer(body=b"[]"), {"items": "data"}, "the member data of its answer is no array"),
        (
            Answer(body=b'[{"a": 1}]'),
            {},
            "not every item of its array is a text or a number; of objects, name the member with field",
        ),
        (
            Answer(body=b"[null]"),
            {},
            "not every item of its array is a text or a number; of objects, name the member with field",
        ),
        (
            Answer(body=b'[{"a": true}]'),
            {"field": "a"},
            "not every item of its array is an object with a text or a number in a",
        ),
        (Answer(body=b"\xff\xfe"), {}, "it is not UTF-8 text"),
        (Answer(body=b"x" * (MOST_BYTES + 1)), {}, "it is larger than 16 MiB"),
        (Answer(cut="before"), {}, "it gave no answer (ConnectionError)"),
        (Answer(body=b'["INV-1"]', cut="middle"), {}, "it gave no answer (ProtocolError)"),
        (Answer(garbage=b"nonsense\r\n\r\n"), {}, "it gave no answer (ConnectionError)"),
    ],
)
def test_an_address_that_gives_no_list(erp: Receiver, answer: Answer, keys: dict[str, str], said: str) -> None:
    erp.script(answer)
    assert fault(HttpSource(f"{erp.url}/open", **keys), timedelta(seconds=20)) == said
    assert len(erp.requests) == 1


@pytest.mark.parametrize("answer", [Answer(delay=600), Answer(cut="trickle")], ids=["hangs", "trickles"])
def test_an_address_that_takes_too_long_is_given_up(erp: Receiver, answer: Answer) -> None:
    erp.script(answer)
    assert "answer" in fault(HttpSource(f"{erp.url}/open"), timedelta(seconds=1))


def test_an_address_where_nobody_is_shows_no_secret() -> None:
    said = fault(HttpSource(f"http://127.0.0.1:{free_port()}/open?token=S3cret"))
    assert said == "it gave no answer (ConnectionError)"
