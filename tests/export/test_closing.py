"""Lines gather, files appear whole, on time, and never grow: a real store and folder, a clock that the test moves."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from books import NOON, Books, books
from simulated import c2b, stk
from structlog.testing import capture_logs

from adapters.export import ExportAdapter
from gateway.delivery.closing import Closing, Parts, rendering
from gateway.domain.times import NAIROBI
from gateway.store.export_ledger import events_in, file_named, files, waiting
from gateway.store.queries import reading

QUARTER_PAST = datetime(2026, 11, 25, 0, 15, tzinfo=NAIROBI)


def paid(number: int, at: datetime = NOON, **fields: str) -> dict[str, str]:
    return c2b(f"UKO7R{number:05d}", TransTime=f"{at:%Y%m%d%H%M%S}", OrgAccountBalance="", **fields)


def receipts(body: bytes) -> list[str]:
    return [row["Transaction ID"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]


def test_a_day_appears_as_one_file_at_a_quarter_past_midnight(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        for number in range(3):
            made.take("c2b-confirmation", paid(number))
        made.look(QUARTER_PAST - timedelta(seconds=1))
        assert made.files() == {}

        made.look(QUARTER_PAST)

        assert list(made.files()) == ["duka_600638_20261124_1.csv"]
        assert receipts(made.files()["duka_600638_20261124_1.csv"]) == ["UKO7R00000", "UKO7R00001", "UKO7R00002"]


def test_the_day_that_has_just_begun_waits_for_its_own_close(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("c2b-confirmation", paid(1))
        made.now = QUARTER_PAST - timedelta(minutes=10)
        made.take("c2b-confirmation", paid(2, made.now))
        made.look(QUARTER_PAST)
        assert list(made.files()) == ["duka_600638_20261124_1.csv"]

        made.look(QUARTER_PAST + timedelta(days=1))

        assert list(made.files()) == ["duka_600638_20261124_1.csv", "duka_600638_20261125_1.csv"]
        assert receipts(made.files()["duka_600638_20261125_1.csv"]) == ["UKO7R00002"]


def test_a_late_payment_goes_to_the_next_number_and_no_visible_file_changes(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("c2b-confirmation", paid(1))
        made.look(QUARTER_PAST)
        before = made.files()
        made.now = QUARTER_PAST + timedelta(hours=8)
        made.take("c2b-confirmation", paid(2))
        made.look()
        assert made.files() == before

        made.look(QUARTER_PAST + timedelta(days=1))

        assert list(made.files()) == ["duka_600638_20261124_1.csv", "duka_600638_20261124_2.csv"]
        assert made.files()["duka_600638_20261124_1.csv"] == before["duka_600638_20261124_1.csv"]
        assert receipts(made.files()["duka_600638_20261124_2.csv"]) == ["UKO7R00002"]


def test_a_close_in_the_afternoon_takes_the_day_so_far(tmp_path: Path) -> None:
    with books(tmp_path, close="18:00") as made:
        made.take("c2b-confirmation", paid(1))

        made.look(NOON.replace(hour=18))

        assert list(made.files()) == ["duka_600638_20261124_1.csv"]


def test_every_fifteen_minutes(tmp_path: Path) -> None:
    with books(tmp_path, close="every 15 minutes") as made:
        made.take("c2b-confirmation", paid(1))
        made.look(NOON + timedelta(minutes=14, seconds=59))
        assert made.files() == {}

        made.look(NOON + timedelta(minutes=15))

        assert list(made.files()) == ["duka_600638_20261124_1.csv"]


def test_every_two_lines_and_what_is_left_at_a_quarter_past_midnight(tmp_path: Path) -> None:
    with books(tmp_path, close="every 2 lines") as made:
        made.take("c2b-confirmation", *(paid(number) for number in range(5)))
        made.look()
        names = list(made.files())
        assert [len(receipts(body)) for body in made.files().values()] == [2, 2]

        made.look(QUARTER_PAST)

        assert list(made.files()) == [*names, "duka_600638_20261124_3.csv"]
        found = [receipt for body in made.files().values() for receipt in receipts(body)]
        assert sorted(found) == [f"UKO7R{number:05d}" for number in range(5)]


def test_a_file_for_xero_has_no_more_lines_than_it_takes(tmp_path: Path) -> None:
    with books(tmp_path, preset="xero") as made:
        made.take("c2b-confirmation", *(paid(number) for number in range(501)))

        made.look(QUARTER_PAST)

        assert [body.count(b"\r\n") - 1 for body in made.files().values()] == [500, 1]


def test_whatever_comes_again_is_on_one_line(tmp_path: Path) -> None:
    with books(tmp_path, close="every 1 minutes") as made:
        made.take("c2b-confirmation", paid(1), paid(1))
        made.take("c2b-confirmation", paid(1))
        made.take("stk", stk("ws_CO_1", receipt="UKO7R00001"))
        made.replay()
        made.look(NOON + timedelta(minutes=1))
        made.replay()
        made.look(NOON + timedelta(minutes=2))
        made.take("c2b-confirmation", paid(1))
        made.look(NOON + timedelta(minutes=3))

        assert [receipts(body) for body in made.files().values()] == [["UKO7R00001"]]


def test_what_moved_no_money_has_no_line_and_no_file(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("stk", stk("ws_CO_1", code=1032))
        made.look(QUARTER_PAST)

        assert made.files() == {}
        assert made.store.query("SELECT state, reason FROM deliveries") == [("delivered", "no_line")]
        assert made.store.query("SELECT count(*) FROM export_lines") == [(0,)]


def test_a_file_that_is_there_already_and_is_another_stays_as_it_is(tmp_path: Path) -> None:
    """As after the store was restored from a backup: an accountant may have imported that file."""
    with books(tmp_path) as made:
        made.folder.mkdir()
        stranger = made.folder / "duka_600638_20261124_1.csv"
        stranger.write_bytes(b"not ours")
        made.take("c2b-confirmation", paid(1))
        with capture_logs() as logs:
            made.look(QUARTER_PAST)
        assert made.files() == {stranger.name: b"not ours"}
        assert [log["error"] for log in logs if log["log_level"] == "error"] == [
            f"{stranger} is there already and is not what would be written: move it away."
        ]

        stranger.rename(tmp_path / "moved")
        made.look()

        assert receipts(made.files()[stranger.name]) == ["UKO7R00001"]


def test_one_file_that_cannot_be_written_holds_up_no_other(tmp_path: Path) -> None:
    with books(tmp_path, close="every 1 lines") as made:
        made.folder.mkdir()
        (made.folder / "duka_600638_20261124_1.csv").write_bytes(b"not ours")
        made.take("c2b-confirmation", paid(1), paid(2))

        made.look()

        assert [receipts(body) for name, body in made.files().items() if name.endswith("_2.csv")] == [["UKO7R00002"]]


def test_what_was_closed_for_a_destination_that_is_gone_is_still_written(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.folder.write_text("in the way")
        made.take("c2b-confirmation", paid(1))
        made.look(QUARTER_PAST)
        made.folder.unlink()
        parts = Parts(made.store.engine, {}, ExportAdapter, made.commit, lambda: made.now)

        Closing(parts).finish_others()

        assert receipts(made.files()["duka_600638_20261124_1.csv"]) == ["UKO7R00001"]


def test_lines_that_wait_are_told(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("c2b-confirmation", paid(1), paid(2))
        with reading(made.store.engine) as connection:
            (row,) = waiting(connection, "duka", "600638")
        assert (row["id"], row["name"], row["day"], row["lines"]) == (None, None, "20261124", 2)
        made.look(QUARTER_PAST)
        with reading(made.store.engine) as connection:
            assert list(waiting(connection)) == []


def test_a_folder_that_takes_nothing_costs_no_line(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.folder.write_text("in the way")
        made.take("c2b-confirmation", paid(1))
        made.look(QUARTER_PAST)
        made.folder.unlink()

        made.look()

        assert receipts(made.files()["duka_600638_20261124_1.csv"]) == ["UKO7R00001"]


def test_columns_that_cannot_be_worked_out_any_more_are_taken_from_the_mended_configuration(tmp_path: Path) -> None:
    with books(tmp_path, columns={"Transaction ID": "{{ receipt }}"}) as made:
        made.take("c2b-confirmation", paid(1))
        made.configure(columns={"Transaction ID": "{{ account_reference | number }}"})
        made.look(QUARTER_PAST)
        assert made.files() == {}

        made.configure(columns={"Transaction ID": "{{ receipt }}/mended"})
        made.look()

        assert receipts(made.files()["duka_600638_20261124_1.csv"]) == ["UKO7R00001/mended"]
        assert rendered_again(made, "1") == made.files()["duka_600638_20261124_1.csv"]


def rendered_again(made: Books, name: str) -> bytes:
    with reading(made.store.engine) as connection:
        (file,) = file_named(connection, name)
        return rendering(file, ExportAdapter).render(file.shortcode, events_in(connection, file.id)).body


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "ofx", "camt.053.001.08", "mt940", "beancount", "tally"])
def test_a_file_rendered_again_is_the_same_whatever_the_configuration_says_by_now(
    tmp_path: Path, file_format: str
) -> None:
    with books(tmp_path, format=file_format) as made:
        made.take("c2b-confirmation", *(paid(number) for number in range(4)))
        made.look(QUARTER_PAST)
        made.configure(format=file_format, accounts={"clearing": "Assets:Other"}, phone="none", journal="OTHER")

        ((name, body),) = made.files().items()

        assert rendered_again(made, name) == rendered_again(made, "1") == body


def test_the_list_of_files_tells_their_digest(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        made.take("c2b-confirmation", paid(1))
        made.look(QUARTER_PAST)
        with reading(made.store.engine) as connection:
            (row,) = files(connection, "duka", "600638")
            assert list(files(connection, "soko")) == []

    assert (row["id"], row["name"], row["lines"], row["written"]) == (1, "duka_600638_20261124_1.csv", 1, True)
    assert len(row["sha256"]) == 64


def test_a_missed_callback_is_told_when_the_file_is_written(tmp_path: Path) -> None:
    with books(tmp_path) as made:
        balances = {1: "10000.00", 2: "11500.00", 4: "14750.00"}
        for number, balance in balances.items():
            at = NOON + timedelta(seconds=number)
            made.take("c2b-confirmation", {**paid(number, at), "OrgAccountBalance": balance})
        with capture_logs() as logs:
            made.look(QUARTER_PAST)

    (note,) = [log["note"] for log in logs if log["event"] == "look at a file"]
    assert "balance after UKO7R00004 is +14750.00, and +13000.00 by the lines before it" in note
    assert "+1750.00 KES" in note
