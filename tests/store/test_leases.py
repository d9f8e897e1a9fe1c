"""Leases: one holder at a time, and a number that goes up with each."""

import time

from opened_store import Store

from gateway.store.leases import give_back, holds, renew, take


def nobody(_holder: str) -> bool:
    return False


def test_one_holds_it_until_it_runs_out(store: Store) -> None:
    with store.engine.begin() as connection:
        assert take(connection, "delivery", "a", 60, nobody) == 1
        assert take(connection, "delivery", "b", 60, nobody) is None
        assert take(connection, "another", "b", 60, nobody) == 1
        assert renew(connection, "delivery", 1, 0.01)
    time.sleep(0.05)
    with store.engine.begin() as connection:
        assert holds(connection, "delivery", 1)
        assert take(connection, "delivery", "b", 60, nobody) == 2
        assert not holds(connection, "delivery", 1)
        # Whoever had it can neither hold on to it nor give it away.
        assert not renew(connection, "delivery", 1, 60)
        give_back(connection, "delivery", 1)
        assert take(connection, "delivery", "a", 60, nobody) is None


def test_one_that_ran_out_is_still_its_holders_while_nobody_has_taken_it(store: Store) -> None:
    """The store was away for a while, and so it was for everybody."""
    with store.engine.begin() as connection:
        assert take(connection, "delivery", "a", 0, nobody) == 1
        assert renew(connection, "delivery", 1, 60)
        assert take(connection, "delivery", "b", 60, nobody) is None


def test_who_gives_it_back_or_is_dead_keeps_nobody_waiting(store: Store) -> None:
    with store.engine.begin() as connection:
        assert take(connection, "delivery", "a", 60, nobody) == 1
        give_back(connection, "delivery", 1)
        assert take(connection, "delivery", "b", 60, nobody) == 2
        assert take(connection, "delivery", "c", 60, lambda holder: holder == "b") == 3
