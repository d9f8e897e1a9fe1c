"""The benchmark: what Pesagate costs beside servers that store nothing. `python bench/run.py --help`."""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import machine
from load import Load
from processes import ROOT
from report import Row, table, write_json
from session import NotHereError, Session


def main() -> int:
    """Run the cases, print the table, return the exit code."""
    sys.path.insert(1, str(ROOT))
    from cases import CASES

    options = _options(tuple(CASES))
    about = machine.about()
    with tempfile.TemporaryDirectory(prefix="pesagate-bench-") as folder:
        session = Session(Path(folder), Load(Path(folder)), options.quick)
        about["load by"] = session.load.name
        about["rounds"] = f"{session.pairs} pairs of {session.seconds:g} s"
        rows = [row for name in options.cases for row in _run(name, CASES[name], session)]
    print("\n".join(f"{name}: {value}" for name, value in about.items()), table(rows), sep="\n\n")
    if options.json:
        write_json(options.json, about, rows)
    return int(any(row.fault for row in rows))


def _run(name: str, case: object, session: Session) -> Iterator[Row]:
    """Give the rows of a case; one that cannot run is a row too."""
    started = time.monotonic()
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    try:
        yield from case(session)  # type: ignore[operator]
    except NotHereError as error:
        yield Row(name, "not measured", note=str(error))
    except Exception as error:
        traceback.print_exc()
        yield Row(name, "failed", note=f"{type(error).__name__}: {error}".splitlines()[0], fault=True)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


def _options(names: tuple[str, ...]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three pairs of rounds instead of five, small backlogs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")
    parser.add_argument("--cases", default=",".join(names), help=f"some of: {', '.join(names)}")
    options = parser.parse_args()
    options.cases = options.cases.split(",")
    if unknown := set(options.cases) - set(names):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return options


if __name__ == "__main__":
    sys.exit(main())
