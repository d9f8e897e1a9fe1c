"""The container files of deploy/. No image is built here: that takes a registry."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from proxies import DEPLOY

CHECKOUT = DEPLOY.parent
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint comes for Linux on x86-64 only")
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_not_root_and_listens_to_its_health() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert re.search(r"^HEALTHCHECK .*\n.*readyz", DOCKERFILE, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["pesagate"\]\nCMD \["serve"\]', DOCKERFILE, re.MULTILINE)


def test_everything_that_is_copied_exists_and_is_let_through() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (CHECKOUT / name).exists(), name
        assert any(part == name or part.startswith(f"{name}/") for part in let_through), name


def test_what_the_wheel_is_made_of_is_copied() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    wanted = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    copied = set(" ".join(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)).split())
    assert {name.split("/")[0] for name in wanted} <= copied


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_the_compose_file_is_one(compose: Any) -> None:
    package = distribution("check-jsonschema")
    schema = package.locate_file("check_jsonschema/builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    assert [error.message for error in Draft202012Validator(json.loads(schema)).iter_errors(compose)] == []


def test_the_gateway_may_write_nothing_but_its_volume(compose: Any) -> None:
    service = compose["services"]["pesagate"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert [volume for volume in service["volumes"] if not volume.endswith(":ro")] == ["state:/var/lib/pesagate"]
    assert {*service["secrets"], *compose["services"]["database"]["secrets"]} == set(compose["secrets"])
