"""What 说明.txt tells people to do works with the tools it names."""

import re
import shutil
import subprocess
from base64 import b64decode, b64encode

import pytest
from archive_support import Package

TOOLS = ("sh", "sed", "base64", "xxd", "sha256sum")


@pytest.fixture
def script(package: Package) -> str:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"MISSING {missing}: the instructions of 说明.txt were NOT followed")
    text = package.read("data/说明.txt").decode()
    found = re.search(r"^FILE=.*?^echo [^\n]*$", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[0]


def run(package: Package, script: str) -> str:
    return subprocess.run(["sh", "-c", script], cwd=package.folder, capture_output=True, text=True, check=True).stdout


def test_the_chain_is_verified_with_nothing_but_a_digest_tool(package: Package, script: str) -> None:
    last = package.lines("data/history/approval.jsonl")[-1]["hash"]

    assert run(package, script) == f"5 行，末尾哈希 {last}\n"


def test_an_edited_event_is_found_with_nothing_but_a_digest_tool(package: Package, script: str) -> None:
    lines = package.lines("data/history/approval.jsonl")
    lines[2]["body"] = b64encode(b64decode(lines[2]["body"]).replace(b'"approve"', b'"reject"')).decode()
    package.change_lines("data/history/approval.jsonl", lines)

    assert run(package, script).splitlines()[0] == "第 3 行哈希不一致"


def test_the_files_are_verified_as_it_says(package: Package) -> None:
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        assert subprocess.run(["sha256sum", "-c", name], cwd=package.folder, capture_output=True).returncode == 0
