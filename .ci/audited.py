"""Says what pip-audit found: exit code 1 where a package has a known weakness; a notice where nobody could say."""

import json
import sys
from pathlib import Path


def main(found: Path, log: Path) -> int:
    """Read its answer, and its log where it gave none."""
    if not found.exists() or not found.read_text("utf-8").strip():
        last = log.read_text("utf-8").strip().splitlines()[-1:] or ["it said nothing"]
        print(f"NOTICE: known weaknesses were not looked for, as the service cannot be reached: {last[0]}")
        return 0
    packages = json.loads(found.read_text("utf-8"))["dependencies"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if unknown:
        print(f"NOTICE: nothing could be found out about {len(unknown)} packages: {', '.join(unknown)}")
    weak = [(one["name"], one["version"], fault["id"]) for one in packages for fault in one.get("vulns", [])]
    for name, version, fault in weak:
        print(f"{name} {version}: {fault}")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
