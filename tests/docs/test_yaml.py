"""Every whole configuration in the documents, and every shipped example, passes `pesagate check`.

A block names what it needs in remarks before it: <!-- env: NAME NAME=value --> and <!-- files: path -->.
A name without a value gets a key.
"""

import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?P<remarks>(?:<!--[^\n]*-->\n)*)```ya?ml\n(?P<text>.*?)```", re.DOTALL)
REMARK = re.compile(r"<!-- (env|files): (.*?) -->")

EXAMPLES = {
    "starter.yaml": "<!-- files: secrets/600638_key -->",
    "books.yaml": "<!-- env: DUKA_KEY -->",
    "database.yaml": "<!-- env: DUKA_KEY ERP_DB=postgresql+psycopg://pesagate:secret@127.0.0.1/erp -->",
    "demo.yaml": "<!-- env: DUKA_PAYBILL_KEY DUKA_TILL_KEY MAMA_KEY DEMO_ERP_URL=http://127.0.0.1:9000 -->",
}


def whole_configurations() -> list:
    paths = (*sorted(CHECKOUT.glob("*.md")), *sorted((CHECKOUT / "docs").rglob("*.md")))
    return [
        pytest.param(match["remarks"], match["text"], id=f"{path.relative_to(CHECKOUT)}-{number}")
        for path in paths
        for number, match in enumerate(BLOCK.finditer(path.read_text("utf-8")), 1)
        if "version: 1" in match["text"]
    ]


def key_for(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:32]


def check(folder: Path, remarks: str, text: str) -> subprocess.CompletedProcess[str]:
    needs = dict(REMARK.findall(remarks))
    for name in needs.get("files", "").split():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / name).write_text(key_for(name))
        (folder / name).chmod(0o600)
    given = (entry.partition("=") for entry in needs.get("env", "").split())
    environment = {name: value or key_for(name) for name, _, value in given}
    (folder / "pesagate.yaml").write_text(text, "utf-8")
    return subprocess.run(
        [Path(sys.executable).with_name("pesagate"), "check", "-c", folder / "pesagate.yaml"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("remarks", "text"), whole_configurations())
def test_a_configuration_in_the_documents_passes_check(tmp_path: Path, remarks: str, text: str) -> None:
    checked = check(tmp_path, remarks, text)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_documents_have_configurations_to_check() -> None:
    assert len(whole_configurations()) >= 3


@pytest.mark.parametrize("path", sorted((CHECKOUT / "config/examples").glob("*.yaml")), ids=lambda path: path.name)
def test_a_shipped_example_passes_check(tmp_path: Path, path: Path) -> None:
    checked = check(tmp_path, EXAMPLES.get(path.name, ""), path.read_text("utf-8"))

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_wrong_block_would_be_found(tmp_path: Path) -> None:
    assert check(tmp_path, "", "version: 1\ntenants: {duka: {shortcods: {}}}\n").returncode == 78
