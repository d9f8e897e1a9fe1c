"""Fuzz what reads callbacks: `make fuzz SECONDS=300`.

callbacks.py [--folder F] [options of libFuzzer] [FINDING...]: with files, only these are judged, to repeat a finding.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz.fuzzer import fuzz, split
from fuzz.judge import judge, said_of


def main() -> None:
    parser = ArgumentParser(description="Fuzz what reads callbacks.")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="where findings and the corpus lie")
    parser.add_argument("findings", nargs="*", type=Path, help="judge only these")
    chosen, options = parser.parse_known_args()
    for file in chosen.findings:
        kind, body = split(file.read_bytes())
        print(f"{file}: {kind} {body!r}")
        print(f"{file}: {said_of(judge(kind, body))}")
    if not chosen.findings:
        fuzz(judge, options, chosen.folder)


if __name__ == "__main__":
    main()
