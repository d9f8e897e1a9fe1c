"""Tests of a configuration: each callback through the code of `serve`, what came beside what was expected."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.app.loading import load_settings
from gateway.app.trial import Rehearsal, rehearse
from gateway.domain.errors import ConfigurationError, PesagateError

if TYPE_CHECKING:
    from gateway.configtest import Case, Difference
    from gateway.domain.adapter import Preview
    from gateway.domain.settings import Settings
    from gateway.server.answers import Answer

PLACE = "tests"
"""The folder of test files, beside the configuration."""
ENDING = ".test.yaml"


@dataclass(frozen=True, slots=True)
class Tested:
    """How one test ended: it passed where there are no differences and no fault."""

    case: "Case"
    differences: "tuple[Difference, ...]" = ()
    # Why it could not be run, in a sentence.
    fault: str | None = None

    @property
    def passed(self) -> bool:
        """Tell whether all is as expected."""
        return not self.differences and self.fault is None


def test_files(config: Path) -> tuple[Path, ...]:
    """Return the test files beside a configuration, by name."""
    return tuple(sorted((config.parent / PLACE).glob(f"**/*{ENDING}")))


def run_tests(config: Path, files: Sequence[Path]) -> Iterator[Tested]:
    """Run the tests of files, touching nothing. Raises ConfigurationError with every problem of any of the files."""
    from gateway.configtest import read_file

    read = [read_file(path) for path in files]
    problems = tuple(problem for file in read for problem in file.problems)
    if problems:
        raise ConfigurationError(problems)
    for file in read:
        settings = load_settings(config, {**os.environ, **file.environment})
        for case in file.cases:
            yield _tested(settings, case)


def _tested(settings: "Settings", case: "Case") -> Tested:
    from gateway.configtest import differences
    from gateway.configtest.compare import Difference

    try:
        came = rehearse(settings, case.posts, case.lists)
    except PesagateError as error:
        return Tested(case, fault=str(error))
    if came.unread:
        return Tested(case, fault=f"list {came.unread[0]}: give it in the test with lists:")
    found = differences(case.expect, told(came))
    repeated = _result(came.taken[1].answer) if case.repeats else "duplicate"
    if case.repeats and repeated != "duplicate" and came.taken[0].decided is None:
        found += (Difference("answer.result of the second", '"duplicate"', json.dumps(repeated)),)
    return Tested(case, found)


def told(came: Rehearsal) -> dict[str, Any]:
    """Return what came of it in the words of a test's `expect`."""
    first = came.taken[0]
    sent: dict[str, list[Preview]] = {}
    for made in came.made:
        for name, previews in made.requests.items():
            sent.setdefault(name, []).extend(previews)
    return {
        "answer": {
            "status": first.answer.status,
            "result": _result(first.answer),
            "body": _parsed(first.answer.body.decode()),
        },
        "events": [made.event.as_dict(frozenset({"balances"})) for made in came.made],
        "destinations": list(sent),
        "requests": {name: [_request(one) for one in previews] for name, previews in sent.items()},
        "rows": {
            name: [_parsed(made.requests[name][0].body) for made in came.made if name in made.requests] for name in sent
        },
        "lines": {name: "\n".join(one.body for one in previews) for name, previews in sent.items()},
        "held": any(made.held for made in came.made),
        "quarantine": None if first.quarantined is None else first.quarantined.reason.value,
        "decision": None if first.decided is None else first.decided.decision,
    }


def _request(one: "Preview") -> dict[str, Any]:
    return {"request": one.title, "step": one.step, "headers": dict(one.headers), "body": _parsed(one.body)}


def _result(answer: "Answer") -> str | None:
    return dict(answer.headers).get("Pesagate-Result")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
