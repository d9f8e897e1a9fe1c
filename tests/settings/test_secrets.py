"""Secrets: where they come from, and that nothing shows them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.domain.settings import Secret, Settings
from gateway.settings import Loaded, fault_of_key

KEY = "K" * 22


def keyed(tenant: str, form: str) -> str:
    return tenant.replace("{env: DUKA_KEY}", form)


@pytest.mark.parametrize("content", [KEY, KEY + "\n", KEY + "\r\n", KEY + "\n\n"])
def test_a_file_is_read_without_its_line_end(settings: Callable[..., Settings], tenant: str, content: str) -> None:
    found = settings(keyed(tenant, "{file: duka_key}"), duka_key=content)
    assert found.tenants["duka"].shortcodes["600638"].keys[0].secret == Secret(KEY)


def test_a_credential_of_systemd_is_a_file_in_its_folder(
    loaded: Callable[..., Loaded], tenant: str, tmp_path: Path, environ: dict[str, str]
) -> None:
    (tmp_path / "credentials").mkdir()
    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path / "credentials")
    form = '{file: "${CREDENTIALS_DIRECTORY}/duka_key"}'
    found = loaded(keyed(tenant, form), **{"credentials/duka_key": KEY})
    assert found.problems == ()
    assert found.settings is not None
    assert found.settings.tenants["duka"].shortcodes["600638"].keys[0].secret == Secret(KEY)


def test_a_link_to_a_file_is_followed(loaded: Callable[..., Loaded], tenant: str, tmp_path: Path) -> None:
    (tmp_path / "duka_key").symlink_to("real_key")
    result = loaded(keyed(tenant, "{file: duka_key}"), real_key=KEY)
    assert result.problems == ()


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_can_read(
    loaded: Callable[..., Loaded], tenant: str, tmp_path: Path, mode: int, warned: bool
) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    result = loaded(keyed(tenant, f"{{file: {path}}}"))
    told = [str(problem) for problem in result.problems]
    message = f'"{path}" can be read by other users. Run: chmod 600 {path}'
    place = f'{tmp_path}/pesagate.yaml:5:45: warning: tenants.duka.shortcodes."600638".key.file: '
    assert told == ([place + message] if warned else [])
    assert result.settings is not None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff" * 30, '"{path}" is not UTF-8 text. Write the secret as text.'),
        (b"\n", '"{path}" is empty. Write the secret into it.'),
        (b"", '"{path}" is empty. Write the secret into it.'),
        (b"k" * 70_000, '"{path}" is larger than 64 KiB. Name the file with the secret.'),
    ],
)
def test_a_file_without_a_secret(
    loaded: Callable[..., Loaded], tenant: str, tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    (problem,) = loaded(keyed(tenant, f"{{file: {path}}}")).problems
    assert f"{problem.message} {problem.remedy}" == told.format(path=path)


def test_a_pipe_is_refused_and_not_waited_for(loaded: Callable[..., Loaded], tenant: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (problem,) = loaded(keyed(tenant, "{file: pipe}")).problems
    assert problem.message == f'"{tmp_path}/pipe" is not a plain file.'


def test_a_name_that_no_file_can_have(loaded: Callable[..., Loaded], tenant: str) -> None:
    (problem,) = loaded(keyed(tenant, f"{{file: {'a' * 300}}}")).problems
    assert problem.message.endswith("cannot be read: File name too long.")


def test_the_text_of_a_secret_has_to_meet_the_schema(
    loaded: Callable[..., Loaded], with_destination: Callable[[str], str]
) -> None:
    (problem,) = loaded(with_destination("sign: {file: sign}"), sign="secret").problems
    assert (problem.message, problem.column) == ("must be text that begins with whsec_.", 60)


def test_nothing_that_is_printed_shows_a_secret(
    settings: Callable[..., Settings], with_destination: Callable[[str], str]
) -> None:
    found = settings(with_destination("auth: {bearer: {env: ERP_TOKEN}}"))
    bearer = found.tenants["duka"].destinations["erp"].settings["auth"]["bearer"]
    assert bearer.reveal() == "S3cretToken"
    for text in (str(bearer), repr(bearer), f"{bearer}", f"{bearer!r:>20}", "%s" % bearer, str([bearer])):  # noqa: UP031
        assert "***" in text
        assert "S3cret" not in text
    assert "S3cret" not in repr(found)
    assert "duka" * 6 not in repr(found)
    assert "sqlite" not in repr(found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a" * 22, None),
        ("A-Za-z0-9_AAAAAAAAAAAAAAA", None),
        ("a" * 21, "a key has at least 22 characters, and this one has 21."),
        ("a" * 22 + "\n", "a key has only A-Z a-z 0-9 _ and -, and this one has other characters."),
        ("é" * 22, "a key has only A-Z a-z 0-9 _ and -, and this one has other characters."),
        ("", "a key has only A-Z a-z 0-9 _ and -, and this one has other characters."),
    ],
)
def test_the_form_of_a_key(text: str, fault: str | None) -> None:
    assert fault_of_key(text) == fault


@pytest.mark.parametrize("word", ["mpesa", "M-Pesa", "SafariCom", "eXe", "exec", "cmd", "SQL", "query"])
def test_a_key_without_forbidden_words(word: str) -> None:
    fault = fault_of_key("a" * 11 + word + "b" * 11)
    assert fault is not None
    assert "M-Pesa refuses URLs" in fault


def test_the_same_key_twice_at_one_shortcode_is_one_key(settings: Callable[..., Settings], tenant: str) -> None:
    found = settings(keyed(tenant, "[{env: DUKA_KEY}, {env: DUKA_KEY}]"))
    assert len(found.tenants["duka"].shortcodes["600638"].keys) == 1


def test_the_plain_store_url_is_no_cause_for_a_warning(settings: Callable[..., Settings], tenant: str) -> None:
    assert settings(tenant + "store: {url: sqlite:///x.db}\n").store_url.reveal().endswith("/x.db")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("sqlite:///books.db", "sqlite:///{here}/books.db"),
        ("sqlite+pysqlite:///../books.db", "sqlite+pysqlite:///{here}/../books.db"),
        ("sqlite:////srv/books.db", "sqlite:////srv/books.db"),
        ("postgresql+psycopg://db/books", "postgresql+psycopg://db/books"),
    ],
)
def test_the_path_of_an_sqlite_url_is_relative_to_its_file_and_no_secret(
    settings: Callable[..., Settings], with_destination: Callable[[str], str], tmp_path: Path, url: str, found: str
) -> None:
    made = settings(with_destination(f"database: {url}"))
    secret = made.tenants["duka"].destinations["erp"].settings["database"]
    assert secret == Secret(found.format(here=tmp_path))
