"""Whoever runs Pesagate may use it in a closed product: no package that it brings along binds them."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"
PERMISSIVE = re.compile(r"\b(MIT|BSD|Apache|PSF|Python Software Foundation|ISC|Unlicense)\b", re.IGNORECASE)
# Not permissive in each file, yet it binds nobody who does not change it: a list of certificates.
TAKEN = {"certifi": "Mozilla Public License 2.0"}
# Installed on Windows only; read by hand.
ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0"}


def locked() -> list[str]:
    return re.findall(r"^([a-z0-9-]+)==", LOCK.read_text("utf-8"), re.MULTILINE)


def licence(name: str) -> str:
    """Return what a package says of its licence: the expression, else the classifiers, else the field's first line."""
    told = metadata(name)
    classifiers = [one for one in told.get_all("Classifier") or [] if one.startswith("License ::")]
    return told.get("License-Expression") or "; ".join(classifiers) or (told.get("License") or "").split("\n")[0]


def test_every_package_at_run_time_has_a_permissive_licence() -> None:
    bad = {}
    for name in locked():
        try:
            said = licence(name)
        except PackageNotFoundError:
            said = ELSEWHERE.get(name, "not installed here")
        taken = name in TAKEN and (TAKEN[name] in said or "MPL-2.0" in said)
        if not (taken or PERMISSIVE.search(said)) or re.search(r"\b(A?GPL|LGPL)\b", said):
            bad[name] = said
    assert bad == {}
