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
