"""`pesagate test`: what passes, what fails and how that is shown, and mistakes in test files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("pesagate")
CONFIG = """\
version: 1
tenants:
  duka:
    shortcodes: {"600638": {type: paybill, key: {env: DUKA_KEY}}}
    references: {invoices: {file: invoices.txt}}
    validation:
      - {unless: {reference_in: invoices}, reject: C2B00012}
    destinations: {erp: {adapter: http, url: "https://erp.duka.example"}}
    routes: [{when: {reference: "INV-*"}, to: [erp]}]
"""
HEAD = "environment: {DUKA_KEY: key-of-the-tests-0123456789}\ntests:\n"

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """Write tests beside a configuration and run them; the key is in no environment but theirs."""

    def run(tests: str, *args: str, name: str = "duka.test.yaml") -> Ran:
        (tmp_path / "pesagate.yaml").write_text(CONFIG)
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / name).write_text(tests)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PESAGATE_")}
        return subprocess.run(
            [COMMAND, "test", "-c", tmp_path / "pesagate.yaml", *args],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )

    return run


def case(expect: str, more: str = "", kind: str = "c2b-confirmation") -> str:
    return f'{HEAD}  - {{name: one, shortcode: "600638", kind: {kind}, {more}expect: {expect}}}\n'


def test_a_difference_is_shown_at_its_path_with_both_values_and_ends_with_1(run: Callable[..., Ran]) -> None:
    expect = '{destinations: [erp, books], events: [{amount: "99.00", type: "payment.*"}]}'
    ran = run(case(expect))
    assert ran.returncode == 1
    assert [line.strip() for line in ran.stdout.splitlines()[1:]] == [
        "destinations[1]",
        '- "books"',
        "+ nothing",
        "events[0].amount",
        '- "99.00"',
        '+ "1500.00"',
        "0 passed, 1 failed",
    ]
    shown = json.loads(run(case(expect), "--json").stdout)
    assert (shown["passed"], shown["line"], shown["differences"][1]) == (
        False, 3, {"path": "events[0].amount", "expected": '"99.00"', "came": '"1500.00"'}
    )  # fmt: skip


def test_nothing_is_left_behind(run: Callable[..., Ran], tmp_path: Path) -> None:
    assert run(case("{destinations: [erp], requests: {erp: 1}}", "deliver_twice: true, ")).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pesagate.yaml", "tests"]


def test_a_callback_may_be_a_file_beside_the_tests(run: Callable[..., Ran], tmp_path: Path) -> None:
    payload = Path(__file__).parents[1] / "payloads/c2b-confirmation/paybill.json"
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/paybill.json").write_bytes(payload.read_bytes())
    assert run(case("{events: [{type: payment.succeeded}]}", "callback: paybill.json, ")).returncode == 0
    lost = run(case("{events: []}", "callback: nowhere.json, "))
    assert lost.returncode == 78
    assert "duka.test.yaml:3:" in lost.stderr
    assert "cannot be read: No such file or directory. Name a file beside this one." in lost.stderr


@pytest.mark.parametrize(("given", "decision"), [("[INV-1007]", "accept"), ("[INV-9]", "C2B00012")])
def test_a_list_of_references_stands_in_the_test(run: Callable[..., Ran], given: str, decision: str) -> None:
    ran = run(case(f"{{decision: {decision}}}", f"lists: {{invoices: {given}}}, ", kind="c2b-validation"))
    assert ran.returncode == 0, ran.stdout


def test_a_list_that_cannot_be_read_is_told(run: Callable[..., Ran]) -> None:
    ran = run(case("{decision: accept}", kind="c2b-validation"))
    assert ran.returncode == 1
    assert "give it in the test with lists:" in ran.stdout


def test_an_old_payment_is_held(run: Callable[..., Ran]) -> None:
    assert run(case("{held: true}", 'at: "2027-01-01T00:00", ')).returncode == 0
    assert run(case("{held: false}")).returncode == 0


@pytest.mark.parametrize(
    ("tests", "told"),
    [
        (case("{destination: [erp]}"), 'tests[0].expect.destination: unknown key. Did you mean "destinations"?'),
        (case("{held: true}", "payment: {amount: 250}, "), 'must be an amount in quotes, such as "250.00", not 250.'),
        (case("{held: true}", "body: {}, payment: {}, "), "has more than one of payment, callback and body."),
        ("environment: {}\n", "tests: is missing. Add tests: with a list of tests."),
        ("tests: [", "error"),
        (case("{held: true}", kind="mobipay"), "no payment can be made up for the kind mobipay."),
    ],
)
def test_a_mistake_in_a_test_file_is_told_with_its_place(run: Callable[..., Ran], tests: str, told: str) -> None:
    ran = run(tests)
    assert ran.returncode == 78
    assert told in ran.stderr
    assert "duka.test.yaml:" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_shortcode_that_is_not_there_fails_the_test_alone(run: Callable[..., Ran]) -> None:
    wrong = case("{destinations: [erp]}").replace('"600638"', '"600000"')
    ran = run(wrong + case("{destinations: [erp]}").removeprefix(HEAD))
    assert ran.returncode == 1
    assert "No tenant has the shortcode 600000; configured are: 600638." in ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 passed, 1 failed"


def test_without_tests_it_says_where_they_go(run: Callable[..., Ran]) -> None:
    ran = run(HEAD, name="readme.txt")
    assert ran.returncode == 1
    assert "There are no tests: write " in ran.stderr
