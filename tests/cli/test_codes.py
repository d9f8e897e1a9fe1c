"""`pesagate codes`: one code, one API, or all."""

import json

from gateway.cli.codes import select
from gateway.providers.mpesa.code_rows import CODES


def test_one_code_of_one_api(run) -> None:
    told = run("codes", "1032", "--api", "stk", "--json")

    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "api": "stk",
        "code": "1032",
        "outcome": "failed",
        "meaning": "the payer cancelled",
        "act": "payer",
        "again": "if the payer asks",
        "source": "documented, observed",
    }


def test_all_of_them(run) -> None:
    assert len(run("codes").stdout.splitlines()) == len(CODES)


def test_a_code_differs_by_api() -> None:
    assert {row.meaning for row in select(CODES, None, "2001")} == {
        "the payer's PIN was wrong",
        "the initiator's information is invalid",
    }


def test_a_kind_has_its_own_rows_and_those_of_the_family() -> None:
    assert {row.api for row in select(CODES, "reversal-result", None)} == {"result", "reversal-result"}


def test_an_unlisted_code_is_said_to_be_unknown(run) -> None:
    told = run("codes", "4711", "--api", "stk")

    assert told.returncode == 1
    assert told.stderr == (
        "pesagate: code 4711 of stk is not listed: its outcome is unknown. Query the payment's status.\n"
    )
