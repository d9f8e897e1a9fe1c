"""Each decision and its answer."""

import pytest

from gateway.server.answers import ANSWERS, Decision, answer

TABLE = {
    Decision.ACCEPTED: (200, "accepted"),
    Decision.DUPLICATE: (200, "duplicate"),
    Decision.CONFLICT: (200, "conflict"),
    Decision.QUARANTINED: (200, "quarantined"),
    Decision.UNREADABLE: (400, "quarantined"),
    Decision.TOO_LARGE: (413, "quarantined"),
    Decision.NOT_FOUND: (404, None),
    Decision.WRONG_METHOD: (405, None),
    Decision.UNAVAILABLE: (503, None),
}


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(ANSWERS) == set(Decision)


@pytest.mark.parametrize(("decision", "status", "result"), [(name, *row) for name, row in TABLE.items()])
def test_answers(decision: Decision, status: int, result: str | None) -> None:
    said = answer(decision, b"yes")
    headers = dict(said.headers)
    assert (said.status, headers.get("Pesagate-Result")) == (status, result)
    assert said.body == b"yes" if status == 200 else said.body.startswith(b'{"error":')
    assert headers["Content-Length"] == str(len(said.body))
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("decision", TABLE)
def test_a_provider_may_want_another_status_for_what_is_kept_and_for_nothing_else(decision: Decision) -> None:
    usual, said = answer(decision, b"yes"), answer(decision, b"yes", 202)
    if usual.status == 200:
        assert (said.status, said.reason, said.body, said.headers) == (202, "Accepted", b"yes", usual.headers)
    else:
        assert said == usual


def test_no_content_has_no_body_and_no_length_of_one() -> None:
    said = answer(Decision.DUPLICATE, b"{}", 204)
    assert (said.status, said.reason, said.body) == (204, "No Content", b"")
    assert said.headers == (("Pesagate-Result", "duplicate"),)
