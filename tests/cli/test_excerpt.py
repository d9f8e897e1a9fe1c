"""`check` shows the line that a problem points at, with a caret; it shows no secret, not even a misspelt one."""

from pathlib import Path

import pytest

from gateway.cli.excerpt import excerpt, masked
from gateway.domain.problem import Problem

SECRET = "hunter2"
KEY = "QmVhcmVyVG9rZW5Gb3JUZXN0czEyMzQ1"


def shown(tmp_path: Path, line: str, column: int, key: str = "server.listen") -> tuple[str, ...]:
    path = tmp_path / "pesagate.yaml"
    path.write_text(f"version: 1\n{line}\n")
    return excerpt(Problem(str(path), 2, column, key, "is wrong"))


def test_the_caret_stands_below_the_column(tmp_path: Path) -> None:
    assert shown(tmp_path, "  type: paybil", 9) == ("      type: paybil", "            ^")


def test_a_tab_does_not_shift_the_caret(tmp_path: Path) -> None:
    assert shown(tmp_path, "\ttype: x", 2) == ("     type: x", "     ^")


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(Problem("nowhere.yaml", 1, 1, "", "is not there"), id="no file"),
        pytest.param(Problem(__file__, 0, 0, "", "the file as a whole"), id="no line"),
        pytest.param(Problem(__file__, 100_000, 1, "", "past the end"), id="past the end"),
    ],
)
def test_without_a_line_there_is_no_excerpt(problem: Problem) -> None:
    assert excerpt(problem) == ()


def test_a_file_that_is_no_text_has_no_excerpt(tmp_path: Path) -> None:
    path = tmp_path / "pesagate.yaml"
    path.write_bytes(b"\xff\xfe\n")

    assert excerpt(Problem(str(path), 1, 1, "", "is not UTF-8")) == ()


@pytest.mark.parametrize(
    "line",
    [
        f"key: {SECRET}",
        f"key: '{SECRET}'",
        f'key: "{SECRET} with blanks"',
        f"key: [{SECRET}, {SECRET}]",
        f'"600638": {{type: paybill, key: {SECRET}, allow_from: any}}',
        f"auth: {{bearer: {SECRET}}}",
        f"auth: {{basic: {{user: me, password: {SECRET}}}}}",
        f"auth: {{basic: {{user: me, passwrod: {SECRET}}}}}",
        f"auth: {{header: {{name: X-Key, value: {SECRET}}}}}",
        f"sign: {SECRET}",
        f"hmac: {{airtel-money: {SECRET}}}",
        f"hmac: {{airtel-money: [{{env: A}}, {SECRET}], mobi: '{SECRET}'}}",
        f'"600638": {{"hmac": {{mobi: {SECRET}}}, key: {{env: A}}, hmac: {{x: {{env: B}}, y: {SECRET}}}}}',
        f"mobi: {{hmac: {{header: X-Hash, secret: [{SECRET}, {{env: A}}]}}}}",
        f"api_token: {SECRET}",
        f"url: https://me:{SECRET}@erp.example/in",
        f"url: postgresql+psycopg://me:{SECRET}@localhost/db",
    ],
)
def test_secrets_are_stars_of_the_same_length(line: str) -> None:
    assert SECRET not in masked(line)
    assert len(masked(line)) == len(line)


def test_a_text_as_long_as_a_key_is_stars_wherever_it_stands() -> None:
    assert masked(f"reference: {KEY}") == f"reference: {'*' * 32}"


@pytest.mark.parametrize(
    "line", ['"600638": {type: paybill, allow_from: any}', "url: https://erp.example/in", "- {to: [erp]}", "# a remark"]
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert masked(line) == line


@pytest.mark.parametrize(
    ("line", "column", "key"),
    [
        (f"          - {SECRET}", 13, 'tenants.duka.shortcodes."600638".key[0]'),
        (f"            stk: {SECRET}", 18, 'tenants.duka.shortcodes."600638".key.stk'),
        (f'          "{SECRET}"', 11, "tenants.duka.destinations.erp.auth.bearer"),
    ],
)
def test_a_secret_is_known_by_the_problems_key_where_its_line_does_not_tell(
    tmp_path: Path, line: str, column: int, key: str
) -> None:
    text, caret = shown(tmp_path, line, column, key)

    assert SECRET not in text
    assert caret.index("^") == 4 + column - 1


def test_an_unknown_key_is_shown_though_it_resembles_a_secrets(tmp_path: Path) -> None:
    text, _ = shown(tmp_path, f"  passwrod: {SECRET}", 3, "tenants.duka.destinations.erp.auth.passwrod")

    assert text == f"      passwrod: {'*' * 7}"


def test_what_is_no_secret_beside_one_is_shown() -> None:
    line = '"600638": {hmac: {mobi: hunter2, soko: {env: SOKO}}, allow_from: any}'
    assert masked(line) == '"600638": {hmac: {mobi: *******, soko: {env: SOKO}}, allow_from: any}'
    described = "mobi: {hmac: {header: X-Hash, over: raw}}"
    assert masked(described) == described


def test_a_secret_that_stands_alone_in_its_line_is_known_by_its_key(tmp_path: Path) -> None:
    line, _ = shown(tmp_path, f"        mobi: {SECRET}", 15, 'tenants.duka.shortcodes."600638".hmac.mobi')
    assert line == "            mobi: *******"
    line, _ = shown(tmp_path, f"          - {SECRET}", 13, 'tenants.duka.shortcodes."600638".hmac.mobi[0]')
    assert line == "              - *******"
