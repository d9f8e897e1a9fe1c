"""`pesagate codes`, and the page that is made of it."""

import json
from pathlib import Path

from gateway.domain.outcome import Outcome
from gateway.providers.mpesa.codes import CODES, outcome_of

PAGE = Path(__file__).parents[2] / "docs/result-codes.md"


def test_a_code_is_explained(run) -> None:
    told = run("codes", "1032", "--api", "stk")
    assert told.stdout == "stk          1032        failed     cancelled by the payer (acts: payer; again: yes)\n"


def test_every_code_is_an_object_a_line(run) -> None:
    rows = [json.loads(line) for line in run("codes", "--json").stdout.splitlines()]
    assert len(rows) == len(CODES)
    assert {row["outcome"] for row in rows} == {"succeeded", "failed", "unknown"}


def test_a_code_that_is_not_listed_is_unknown(run) -> None:
    told = run("codes", "777777")
    assert told.returncode == 1
    assert "The code '777777' is not listed: its outcome is unknown" in told.stderr


def test_the_page_is_what_the_command_prints(run) -> None:
    assert run("codes", "--markdown").stdout == PAGE.read_text("utf-8")


def test_a_code_stands_once_in_an_api_and_only_zero_succeeds() -> None:
    assert len({(row.api, row.code) for row in CODES}) == len(CODES)
    assert {row.code for row in CODES if row.outcome is Outcome.SUCCEEDED} == {"0"}
    for api in ("stk", "b2c", "b2b", "reversal", "status", "balance", "ratiba", "b2b-express"):
        assert outcome_of(api, "0") is Outcome.SUCCEEDED
        assert outcome_of(api, "unheard of") is outcome_of(api, None) is Outcome.UNKNOWN
