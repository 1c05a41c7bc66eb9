"""The house rules that can be checked cheaply; CONTRIBUTING.md says the rest."""

import ast
import os
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "processors", "streams")
MOST_LINES = 400
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
# Put together here, so that this file is not its own first offender.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("work", "root", "tmp")) + r")/")
PICTURE = re.compile(r"(?:\]\(|src=\")([\w./-]+\.png)")
MOST_BYTES = 150_000
LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)")


def files() -> list[Path]:
    """All files that are, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    found = {ROOT / name for name in listed.stdout.split("\0") if name}
    return sorted(path for path in found if path.is_file())


FILES = files()
MODULES = [path for path in FILES if path.suffix == ".py"]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imported_by(path: Path) -> set[str]:
    """The full names of all modules and members that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_the_rooms_are_there() -> None:
    rooms = (
        *("schemas", "processors", "streams", "dashboards", "benchmarks", "deploy", "tests", "docs"),
        *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", ".ci/run", ".gitignore"),
        *("pyproject.toml", "constraints.txt", "Dockerfile", "docker-compose.yml", "docs/design.md"),
    )
    assert [room for room in rooms if not (ROOT / room).exists()] == []
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_no_module_grows_too_large() -> None:
    sizes = {relative(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_names_say_something() -> None:
    words = {relative(path): set(re.split(r"[/_.]", relative(path).lower())) for path in MODULES}
    assert [name for name, parts in words.items() if parts & VAGUE] == []


def test_every_module_says_what_it_is_for() -> None:
    own = [path for path in MODULES if relative(path).split("/")[0] in PACKAGES]
    assert [relative(path) for path in own if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_path_of_a_machine() -> None:
    texts = {relative(path): path.read_text(errors="ignore") for path in FILES}
    assert [name for name, text in texts.items() if MACHINE_PATH.search(text)] == []


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "processors").glob("[a-z]*.py")))
def test_every_thought_has_its_own_test(module: str) -> None:
    tests = [path for path in MODULES if relative(path).startswith("tests/unit/")]
    assert any(f"processors.{module}" in imported_by(path) for path in tests), f"no unit test imports {module}"


def test_pictures_are_small_and_shown() -> None:
    pictures = {path for path in FILES if path.suffix == ".png"}
    shown = {
        (path.parent / name).resolve()
        for path in FILES
        if path.suffix == ".md"
        for name in PICTURE.findall(path.read_text())
    }
    assert {relative(path) for path in pictures ^ shown} == set(), "not there, or not shown"
    assert {relative(path) for path in pictures if path.stat().st_size > MOST_BYTES} == set(), "too large"


def test_links_between_documents_lead_somewhere() -> None:
    documents = [path for path in FILES if path.suffix == ".md"]
    broken = [
        f"{relative(path)}: {link}"
        for path in documents
        for link in LINK.findall(path.read_text())
        if not (path.parent / link).exists()
    ]
    assert broken == []


def test_constraints_name_versions_that_fit() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    versions = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    for requirement in map(Requirement, asked):
        if requirement.name != project["name"]:
            assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement
