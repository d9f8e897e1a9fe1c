"""Many identical callbacks at the same instant, and the same again two months later: one event."""

from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from arrivals import AT, callback, hook
from gateway_process import KEY, Gateway
from opened_store import Store
from simulated import c2b
from wire import Reply, connected, request

from adapters.testing import Receiver
from gateway.domain.received import Arrival
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.store.inbox import Inbox

MANY = 200
BODY = (Path(__file__).parents[1] / "payloads/c2b-confirmation/paybill.json").read_bytes()


def at_once(base: str, number: int) -> list[Reply]:
    """Post on so many connections; the last byte of each is sent when all the others wait for theirs."""
    text = request("POST", f"/hooks/{KEY}/c2b-confirmation", BODY, "Content-Type: application/json")
    with ExitStack() as stack:
        wires = [stack.enter_context(connected(base)) for _ in range(number)]
        for wire in wires:
            wire.send(text[:-1])
        for wire in wires:
            wire.send(text[-1:])
        return [wire.reply() for wire in wires]


def test_200_identical_at_the_same_instant_are_one_event_and_200_equal_answers(
    pesagate: Gateway, erp: Receiver
) -> None:
    pesagate.config["server"]["workers"] = 2
    pesagate.start()
    replies = at_once(pesagate.base, MANY)
    assert Counter((reply.status, reply.body) for reply in replies) == {(200, replies[0].body): MANY}
    assert Counter(reply.result for reply in replies) == {"accepted": 1, "duplicate": MANY - 1}
    pesagate.wait_for_state("delivered")
    assert len(pesagate.rows("events")) == 1
    assert len(erp.requests) == 1


def test_the_same_200_again_60_days_later_are_still_one_event(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for days in (0, 60):
        now = AT + timedelta(days=days)
        for _ in range(MANY // 50):
            _take_fifty(store, now)
    assert store.query("SELECT count(*), max(seen) FROM callbacks") == [(1, 2 * MANY)]
    assert store.query("SELECT count(*) FROM events") == [(1,)]
    assert store.query("SELECT count(*) FROM deliveries") == [(1,)]


def _take_fifty(store: Store, now: datetime) -> None:
    told = hook("c2b-confirmation")
    arrivals = [receive(told, callback("c2b-confirmation", c2b("UA"), received_at=now)) for _ in range(50)]
    inbox = Inbox(settle, lambda: now)
    with store.engine.begin() as connection:
        inbox(connection, [one for one in arrivals if isinstance(one, Arrival)])
