"""One file a tenant."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from gateway.domain.settings import Secret, Settings
from gateway.settings import Loaded

MAIN = "version: 1\ninclude: [tenants/*.yaml]\n"
SOKO = """\
name: Soko
shortcodes:
  "5012345": {type: till, key: {file: keys/soko}, allow_from: safaricom}
destinations:
  erp: {adapter: demo, url: "${URL:-https://erp.example}", folder: out}
routes:
  - {to: erp}
"""
DUKA = 'shortcodes: {"600638": {type: paybill, key: {env: DUKA_KEY}, allow_from: safaricom}}\n'


def test_a_file_is_a_tenant(settings: Callable[..., Settings], tmp_path: Path) -> None:
    files = {"tenants/soko.yaml": SOKO, "tenants/duka.yaml": DUKA, "tenants/keys/soko": "s" * 22}
    found = settings(MAIN, **files)
    assert list(found.tenants) == ["duka", "soko"]
    soko = found.tenants["soko"]
    assert (soko.id, soko.name) == ("soko", "Soko")
    # Paths are relative to the file that they stand in, not to the main one.
    assert soko.shortcodes["5012345"].keys[0].secret == Secret("s" * 22)
    assert soko.destinations["erp"].settings["folder"] == str(tmp_path / "tenants" / "out")
    assert soko.destinations["erp"].settings["url"] == "https://erp.example"


def test_included_and_own_tenants_stand_together(settings: Callable[..., Settings], tenant: str) -> None:
    files = {"tenants/soko.yaml": SOKO, "tenants/keys/soko": "s" * 22}
    found = settings(tenant + "include: [tenants/*.yaml]\n", **files)
    assert list(found.tenants) == ["duka", "soko"]


def test_a_file_that_two_patterns_match_is_read_once(settings: Callable[..., Settings]) -> None:
    found = settings("version: 1\ninclude: [tenants/*.yaml, tenants/duka.*]\n", **{"tenants/duka.yaml": DUKA})
    assert list(found.tenants) == ["duka"]


def test_the_digest_covers_all_files(settings: Callable[..., Settings]) -> None:
    files = {"tenants/soko.yaml": SOKO, "tenants/duka.yaml": DUKA, "tenants/keys/soko": "s" * 22}
    assert settings(MAIN, **files).digest == hashlib.sha256((MAIN + DUKA + SOKO).encode()).hexdigest()


def test_a_number_in_two_files_is_told_with_both_places(loaded: Callable[..., Loaded], tmp_path: Path) -> None:
    other = DUKA.replace("DUKA_KEY", "OTHER_KEY")
    (problem,) = loaded(MAIN, **{"tenants/a.yaml": DUKA, "tenants/b.yaml": "\n" + other}).problems
    assert str(problem) == (
        f'{tmp_path}/tenants/b.yaml:2:14: error: tenants.b.shortcodes."600638": '
        f"600638 is already a shortcode of tenant a ({tmp_path}/tenants/a.yaml, line 1). "
        "A number belongs to one place only: remove one."
    )


def test_a_key_in_two_files_is_told(loaded: Callable[..., Loaded]) -> None:
    other = DUKA.replace("600638", "600639")
    (problem,) = loaded(MAIN, **{"tenants/a.yaml": DUKA, "tenants/b.yaml": other}).problems
    assert problem.message == "the same key opens shortcode 600638 of tenant a."


def test_mistakes_of_all_files_are_told_at_once(loaded: Callable[..., Loaded]) -> None:
    files = {"tenants/a.yaml": "shortcodes: [\n", "tenants/b.yaml": DUKA + "x: 1\n", "tenants/c d.yaml": DUKA}
    problems = loaded(MAIN + "y: 2\n", **files).problems
    assert [(Path(problem.file).name, problem.line, problem.key) for problem in problems] == [
        ("pesagate.yaml", 3, "y"),
        ("a.yaml", 2, "tenants.a"),
        ("b.yaml", 2, "tenants.b.x"),
        ("c d.yaml", 1, 'tenants."c d"'),
    ]


def test_a_wrong_tenants_key_is_not_hidden_by_included_files(loaded: Callable[..., Loaded]) -> None:
    (problem,) = loaded(MAIN + "tenants: [duka]\n", **{"tenants/a.yaml": DUKA}).problems
    assert (problem.key, problem.message) == ("tenants", "must be a mapping (key: value), not a list.")


def test_an_included_file_that_is_no_mapping(loaded: Callable[..., Loaded]) -> None:
    (problem,) = loaded(MAIN, **{"tenants/a.yaml": "- duka\n"}).problems
    assert problem.message == "must be a mapping (key: value), not a list."
