"""What was sent is never opened again: not by a clock that goes back, not by the id of a row that is gone."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from arrivals import AT, callback, hook
from opened_store import Store
from simulated import c2b, stk
from taken_up import taken_up

from gateway.domain.delivery import AttemptResult, DeliveryState, Verdict
from gateway.domain.due import AttemptEnded, Next, Seal
from gateway.domain.received import Received
from gateway.domain.settings import Route
from gateway.domain.settled import Disposition
from gateway.pipeline.receive import receive
from gateway.pipeline.settle import settle
from gateway.store.deliveries import write_deliveries
from gateway.store.inbox import Inbox

TEN = timedelta(seconds=10)
BY_REFERENCE = (Route({"reference": ("INV-*",)}, ("erp",)), Route({"type": ("payment.*",)}, ("suspense",)))


def received(kind: str, body: dict[str, Any], routes: tuple[Route, ...] = BY_REFERENCE, **shortcode: Any) -> Received:
    return receive(hook(kind, routes, **shortcode), callback(kind, body))


def test_a_clock_that_goes_back_does_not_reopen_what_was_sent(tmp_path: Path) -> None:
    store, now = Store(tmp_path), AT
    inbox = Inbox(settle, lambda: now)
    with store.engine.begin() as connection:
        inbox(connection, [received("stk", stk("ws_1", "UA"))])
        (one,) = taken_up(connection, "duka", "suspense", now, 9)
        verdict = Verdict(AttemptResult.DELIVERED, "http_200")
        write_deliveries(connection, [AttemptEnded(one.id, 1, now, 1, verdict, Next(DeliveryState.DELIVERED, now))])
    sent = store.query("SELECT body FROM events")
    now -= timedelta(hours=1)
    with store.engine.begin() as connection:
        (twin,) = inbox(connection, [received("c2b-confirmation", c2b("UA"))])
    assert twin is not None
    assert twin.disposition is Disposition.ACCEPTED
    assert store.query("SELECT body FROM events WHERE type = 'payment.succeeded'") == sent
    assert store.query("SELECT destination, state, attempts FROM deliveries ORDER BY id")[0] == (
        "suspense",
        "delivered",
        1,
    )


def test_the_id_of_a_delivery_that_a_twin_took_away_is_never_given_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    inbox = Inbox(settle, lambda: AT)
    with store.engine.begin() as connection:
        inbox(connection, [received("stk", stk("ws_1", "UA"), merge_window=TEN)])
        (claimed,) = taken_up(connection, "duka", "suspense", AT + TEN, 9)
    with store.engine.begin() as connection:
        inbox(connection, [received("c2b-confirmation", c2b("UA"), merge_window=TEN)])
    # A process whose clock is ahead still holds the delivery to the destination of before.
    with store.engine.begin() as connection:
        assert write_deliveries(connection, [Seal(claimed.id, claimed.event.id)]) == [None]
    assert store.query("SELECT destination, state FROM deliveries") == [("erp", "pending")]
