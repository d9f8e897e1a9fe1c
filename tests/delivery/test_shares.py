"""Threads are shared so that nobody can take what another needs."""

from gateway.delivery.shares import shared


def test_each_gets_one_before_any_gets_two() -> None:
    assert shared({"a": [1, 2, 3], "b": [4, 5]}, {"a", "b"}, 3) == [("a", 1), ("b", 4), ("a", 2)]


def test_one_thread_is_left_for_each_that_has_nothing_under_way() -> None:
    idle = {"quiet", "silent"}
    assert shared({"a": list(range(9))}, idle, 5) == [("a", 0), ("a", 1), ("a", 2)]
    assert shared({"a": list(range(9))}, idle, 2) == []
    assert shared({"quiet": [7, 8]}, idle, 2) == [("quiet", 7)]


def test_nothing_wished_is_nothing_begun() -> None:
    assert shared({}, {"a"}, 5) == []
    assert shared({"a": []}, {"a"}, 5) == []
