"""`pesagate init`: a configuration that works as it is, a key that nobody else can read, nothing overwritten."""

import stat
from pathlib import Path

import pytest

from gateway import resources
from gateway.cli.starter import Starter, fill, is_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_written_configuration_passes_check(run, config: Path) -> None:
    checked = run("check", "-c", config)

    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.splitlines()[-1] == "ok: 1 tenant, 1 shortcode, 1 destination, 1 route"


@pytest.mark.parametrize("shortcode_type", ["paybill", "till"])
def test_ones_own_values_pass_check_too(run, tmp_path: Path, shortcode_type: str) -> None:
    own = (
        "--shortcode",
        "5012345",
        "--type",
        shortcode_type,
        "--tenant",
        "mama-mboga",
        "--erp-url",
        "https://erp.example/in",
    )
    assert run("init", "own", *own).returncode == 0

    text = (tmp_path / "own" / "pesagate.yaml").read_text()
    assert run("check", "-c", tmp_path / "own" / "pesagate.yaml").returncode == 0
    tested = run("test", "-c", tmp_path / "own" / "pesagate.yaml")
    assert (tested.returncode, tested.stdout.splitlines()[-1]) == (0, "3 passed, 0 failed")
    for value in ('"5012345":', f"type: {shortcode_type}\n", "  mama-mboga:\n", 'url: "https://erp.example/in"'):
        assert value in text
    assert "allow_private: false" in text


def test_the_key_can_be_read_by_its_owner_alone(config: Path) -> None:
    secrets = config.parent / "secrets"

    assert mode(secrets) == 0o700
    assert mode(secrets / "600638_key") == 0o600
    assert len((secrets / "600638_key").read_text().strip()) == 32


def test_the_key_does_not_stand_in_the_configuration_nor_in_the_output(run, tmp_path: Path) -> None:
    made = run("init", "shop")
    key = (tmp_path / "shop/secrets/600638_key").read_text().strip()

    assert key not in (tmp_path / "shop/pesagate.yaml").read_text()
    assert key not in made.stdout + made.stderr


def test_two_runs_make_two_keys(run, tmp_path: Path) -> None:
    run("init", "one")
    run("init", "two")

    assert (tmp_path / "one/secrets/600638_key").read_text() != (tmp_path / "two/secrets/600638_key").read_text()


def test_it_ends_with_the_next_three_commands(run) -> None:
    lines = run("init", "my shop").stdout.splitlines()

    assert [line.split("#")[0].strip() for line in lines[-3:]] == [
        f"pesagate {command} -c 'my shop/pesagate.yaml'" for command in ("check", "serve", "send")
    ]


@pytest.mark.parametrize("there", ["pesagate.yaml", "secrets/600638_key"])
def test_what_is_there_is_not_overwritten(run, tmp_path: Path, there: str) -> None:
    path = tmp_path / "shop" / there
    path.parent.mkdir(parents=True)
    path.write_text("mine")

    refused = run("init", "shop")

    assert refused.returncode == 1
    assert there in refused.stderr
    assert path.read_text() == "mine"
    # Nothing half-done beside it.
    assert [found for found in (tmp_path / "shop").rglob("*") if found.is_file()] == [path]


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(run, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "secrets").write_text("a file where a folder should be")

    failed = run("init", "shop")

    assert failed.returncode == 1
    assert failed.stderr == "pesagate: shop/secrets cannot be written: File exists.\n"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--shortcode", "1234"),
        ("--shortcode", "12345678"),
        ("--shortcode", "60063a"),
        ("--shortcode", "\u0661\u0662\u0663\u0664\u0665"),
        ("--type", "shop"),
        ("--tenant", "Duka"),
        ("--tenant", "../duka"),
        ("--erp-url", "erp.example/in"),
        ("--erp-url", "ftp://erp.example/in"),
        ("--erp-url", "https://"),
        ("--erp-url", 'https://erp.example/"in'),
        ("--erp-url", "https://erp.example/in\nroutes:"),
        ("--erp-url", "https://erp.example:99999/"),
    ],
)
def test_a_value_without_the_right_form_is_refused_before_anything_is_written(
    run, tmp_path: Path, option: str, value: str
) -> None:
    refused = run("init", "shop", option, value)

    assert refused.returncode == 2
    assert option in refused.stderr
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:9000/", True),
        ("http://[::1]/", True),
        ("http://192.168.1.20/", True),
        ("http://localhost/", True),
        ("http://erp/", True),
        ("http://erp.lan/", True),
        ("https://erp.example/", False),
        ("https://8.8.8.8/", False),
    ],
)
def test_private_addresses_are_told_from_public_ones(url: str, private: bool) -> None:
    assert is_private(url) is private


def test_the_shipped_starter_filled_with_its_own_values_is_itself() -> None:
    text = resources.example("starter.yaml").read_text("utf-8")

    assert fill(text, Starter("duka", "600638", "paybill", "http://127.0.0.1:9000/payments")) == text
