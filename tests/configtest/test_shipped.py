"""Every shipped example, and every recipe by the configuration on its page, passes the tests shipped with it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("pesagate")
EXAMPLES = sorted((CHECKOUT / "config/examples").glob("*.yaml"))
RECIPES = sorted((CHECKOUT / "config/recipes/destinations").glob("*.yaml"))
PROVIDERS = sorted((CHECKOUT / "config/recipes/providers").glob("*.yaml"))
CONFIGURATION = re.compile(r"```yaml\n(version: 1\n.*?)```", re.DOTALL)
PROVIDED = """\
version: 1
providers:
  {name}: {{recipe: {name}{more}}}
tenants:
  duka:
    shortcodes: {{"600638": {{type: paybill, key: key-of-the-tests-0123456789}}}}
    destinations: {{erp: {{adapter: http, url: "https://erp.duka.example"}}}}
    routes: [{{to: [erp]}}]
"""


def passes(config: Path, tests: Path) -> None:
    ran = subprocess.run(
        [COMMAND, "test", "-c", config, tests], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].endswith(" passed, 0 failed")


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", EXAMPLES, ids=named)
def test_an_example_passes_its_tests(tmp_path: Path, path: Path) -> None:
    config = tmp_path / path.name
    config.write_text(path.read_text("utf-8"), "utf-8")
    key = tmp_path / "secrets/600638_key"
    key.parent.mkdir(mode=0o700)
    key.write_text("key-of-the-tests-0123456789")
    key.chmod(0o600)
    passes(config, path.parent / "tests" / f"{path.stem}.test.yaml")


@pytest.mark.parametrize("path", RECIPES, ids=named)
def test_a_recipe_passes_its_tests(tmp_path: Path, path: Path) -> None:
    page = (CHECKOUT / f"docs/recipes/{path.stem}.md").read_text("utf-8")
    found = CONFIGURATION.search(page)
    assert found
    (tmp_path / "pesagate.yaml").write_text(found[1], "utf-8")
    passes(tmp_path / "pesagate.yaml", CHECKOUT / f"config/recipes/tests/{path.stem}.test.yaml")


@pytest.mark.parametrize("path", PROVIDERS, ids=named)
def test_a_providers_recipe_passes_its_tests(tmp_path: Path, path: Path) -> None:
    more = ", hmac: off" if path.stem == "airtel-money" else ""
    (tmp_path / "pesagate.yaml").write_text(PROVIDED.format(name=path.stem, more=more), "utf-8")
    passes(tmp_path / "pesagate.yaml", CHECKOUT / f"config/recipes/tests/providers/{path.stem}.test.yaml")
