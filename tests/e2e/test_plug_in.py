"""An adapter from another package, found by its entry point: installed, checked, tried, booked through."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_process import KEY, Gateway, configuration, free_port, gateway
from simulated import c2b

SOURCE = Path(__file__).parents[1] / "plug_in"


def wheel_of(source: Path, folder: Path) -> Path:
    """Make the wheel of a package of plain Python; no build backend is needed, so that it works offline."""
    project = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    info = f"{name}-{version}.dist-info"
    groups = "".join(
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    files = {f"{name}/{path.name}": path.read_text("utf-8") for path in (source / name).glob("*.py")} | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: pesagate\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": groups,
    }
    files[f"{info}/RECORD"] = "".join(f"{path},{_hash(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name_inside, text in files.items():
            wheel.writestr(name_inside, text)
    return path


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(text.encode())}"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the plug-in is installed; every command that a test starts finds it."""
    target = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target]
    subprocess.run([*pip, wheel_of(SOURCE, tmp_path)], check=True, timeout=100)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(target), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return target


@pytest.fixture
def spooling(tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    config = configuration(free_port(), "unused")
    settings = {"adapter": "spool", "folder": "spool", "name": "{{ receipt }}", "token": {"env": "SPOOL_TOKEN"}}
    config["tenants"]["duka"]["destinations"] = {"erp": settings}
    monkeypatch.setenv("SPOOL_TOKEN", "tok-3f9c0d5e81")
    (tmp_path / "gateway" / "spool").mkdir(parents=True)
    with gateway(tmp_path / "gateway", config) as made:
        made.write()
        yield made


def test_the_contract_suite_runs_in_the_plug_ins_own_tests(tmp_path: Path, installed: Path) -> None:
    own = tmp_path / "test_contract.py"
    own.write_text((SOURCE / "contract.py").read_text("utf-8"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", own]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_its_settings_are_checked_as_our_own(spooling: Gateway) -> None:
    erp = spooling.config["tenants"]["duka"]["destinations"]["erp"]
    assert spooling.run("check").returncode == 0
    erp |= {"fodler": "x", "name": "{{ recipt }}"}
    spooling.write()
    told = spooling.run("check")
    assert told.returncode == 78
    for words in ("fodler: unknown key", 'Did you mean "folder"?', "recipt", "pesagate.yaml:"):
        assert words in told.stderr + told.stdout
    del erp["fodler"]
    erp |= {"name": "{{ id }}", "folder": "nowhere"}
    spooling.write()
    assert spooling.run("check").returncode == 0
    told = spooling.run("check", "--live")
    assert (told.returncode, "is no folder that can be written to" in told.stdout + told.stderr) == (78, True)


def test_its_schema_is_printed_as_our_own(spooling: Gateway) -> None:
    told = spooling.run("schema", "spool")
    assert json.loads(told.stdout)["properties"]["folder"]["description"].startswith("Where the files go")
    assert json.loads(spooling.run("schema", "http").stdout)["title"] == "http"
    unknown = spooling.run("schema", "spol")
    assert unknown.returncode == 1
    assert "config, event, http, database, export, spool" in unknown.stderr


def test_a_payment_is_booked_through_it_once(spooling: Gateway, tmp_path: Path) -> None:
    body = tmp_path / "callback.json"
    body.write_text(json.dumps(c2b("UKO7R8T1YB")), "utf-8")
    tried = spooling.run("try", body, "--shortcode", "600638", "--kind", "c2b-confirmation")
    assert "UKO7R8T1YB.json" in tried.stdout
    assert "tok-3f9c0d5e81" not in tried.stdout
    spooling.start()
    for _ in range(2):
        assert spooling.post("c2b-confirmation", c2b("UKO7R8T1YB"), KEY).status_code == 200
    spooling.wait_for_state("delivered")
    assert spooling.run("replay", "UKO7R8T1YB", "--again", "--yes").returncode == 0
    spooling.wait_for_state("delivered")
    (file,) = (spooling.folder / "spool").iterdir()
    assert json.loads(file.read_text("utf-8"))["amount"] == "1500.00"
    assert json.loads(file.read_text("utf-8"))["token"] == "tok-3f9c0d5e81"
