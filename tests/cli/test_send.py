"""`pesagate send`: realistic callbacks to the hooks of a shortcode, and an honest sum of the answers."""

import json
import socket
from pathlib import Path

import pytest


@pytest.fixture
def key(config: Path) -> str:
    return (config.parent / "secrets/600638_key").read_text().strip()


def bodies(receiver) -> list[dict]:
    return [json.loads(received.body) for received in receiver.received]


def test_so_many_payments_are_posted_to_the_hook(run, config: Path, key: str, receiver) -> None:
    sent = run("send", "-c", config, "-n", "3", "--url", receiver.url)

    assert sent.returncode == 0, sent.stderr
    assert [received.path for received in receiver.received] == [f"/hooks/{key}/c2b-confirmation"] * 3
    assert {received.content_type for received in receiver.received} == {"application/json"}
    assert len({body["TransID"] for body in bodies(receiver)}) == 3


def test_the_answers_are_counted_by_status_and_result(run, config: Path, receiver) -> None:
    sent = run("send", "-c", config, "-n", "2", "--duplicates", "2", "--url", receiver.url)

    title, accepted, duplicate, times = sent.stdout.splitlines()
    assert title == f"6 callbacks (c2b-confirmation) for 600638 to {receiver.url}"
    assert accepted.split() == ["2", "200", "accepted"]
    assert duplicate.split() == ["4", "200", "duplicate"]
    assert times.startswith("p50 ")
    assert ", slowest " in times


def test_neither_the_key_nor_a_phone_is_shown(run, config: Path, key: str, receiver) -> None:
    sent = run("send", "-c", config, "--kind", "stk", "--url", receiver.url)

    assert key not in sent.stdout + sent.stderr
    assert "2547" not in sent.stdout + sent.stderr


def test_an_answer_other_than_200_ends_with_1(run, config: Path, receiver) -> None:
    receiver.status = 503

    sent = run("send", "-c", config, "-n", "2", "--url", receiver.url)

    assert sent.returncode == 1
    assert sent.stdout.splitlines()[1].split()[:2] == ["2", "503"]


def test_where_nobody_listens_it_says_so_without_the_key(run, config: Path, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    sent = run("send", "-c", config, "--url", f"http://127.0.0.1:{port}")

    assert sent.returncode == 1
    assert sent.stderr == (
        f"pesagate: nothing answers at http://127.0.0.1:{port}: start `pesagate serve`, or say --url where it is.\n"
    )


def test_without_a_url_it_goes_to_where_the_gateway_listens(run, config: Path, receiver) -> None:
    config.write_text(config.read_text().replace("127.0.0.1:8080", f"0.0.0.0:{receiver.server.server_port}"))

    assert run("send", "-c", config, "-n", "1").returncode == 0
    assert len(receiver.received) == 1


def test_reference_and_amount_are_those_wished(run, config: Path, receiver) -> None:
    run("send", "-c", config, "-n", "1", "--reference", "INV 7", "--amount", "250.50", "--url", receiver.url)

    assert [(body["BillRefNumber"], body["TransAmount"]) for body in bodies(receiver)] == [("INV 7", "250.50")]


def test_a_push_carries_its_reference_in_the_url(run, config: Path, key: str, receiver) -> None:
    run("send", "-c", config, "-n", "1", "--kind", "stk", "--reference", "INV 7&x", "--url", receiver.url)

    assert receiver.received[0].path == f"/hooks/{key}/stk?ref=INV+7%26x"


def test_so_many_pushes_failed(run, config: Path, receiver) -> None:
    run("send", "-c", config, "-n", "5", "--kind", "stk", "--failed", "2", "--url", receiver.url)

    codes = [body["Body"]["stkCallback"]["ResultCode"] for body in bodies(receiver)]
    assert sum(code != 0 for code in codes) == 2
    assert len(codes) == 5


def test_only_a_push_can_fail(run, config: Path, receiver) -> None:
    refused = run("send", "-c", config, "--failed", "2", "--url", receiver.url)

    assert refused.returncode == 1
    assert "--kind stk" in refused.stderr
    assert receiver.received == []


def test_the_same_seed_gives_the_same_bytes(run, config: Path, receiver) -> None:
    for _ in range(2):
        run("send", "-c", config, "-n", "3", "--seed", "7", "--url", receiver.url)

    sent = [received.body for received in receiver.received]
    assert sent[:3] == sent[3:]
    assert len(set(sent)) == 3


def test_a_tills_payer_types_no_reference(run, config: Path, receiver) -> None:
    config.write_text(config.read_text().replace("type: paybill", "type: till"))

    run("send", "-c", config, "-n", "1", "--url", receiver.url)

    assert [(body["TransactionType"], body["BillRefNumber"]) for body in bodies(receiver)] == [
        ("Customer Merchant Payment", "")
    ]


def test_a_shortcode_that_is_not_configured_is_named_with_those_that_are(run, config: Path, receiver) -> None:
    refused = run("send", "-c", config, "--shortcode", "999999", "--url", receiver.url)

    assert refused.returncode == 1
    assert refused.stderr == "pesagate: shortcode 999999 is not configured; there are: 600638.\n"


@pytest.mark.parametrize("amount", ["0", "-1", "1.005", "ten", "1e3", "NaN", "\u0661"])
def test_an_amount_without_the_right_form_is_refused(run, config: Path, amount: str) -> None:
    refused = run("send", "-c", config, f"--amount={amount}")

    assert refused.returncode == 2
    assert "--amount" in refused.stderr
