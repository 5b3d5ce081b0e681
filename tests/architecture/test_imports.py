"""The house keeps its shape: imports point down, modules stay small, and no drawer for odds and ends opens."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("portal", "admin", "matching")
LONGEST_MODULE = 400
SHORT_FUNCTION = 25
DRAWERS = {"utils", "util", "helpers", "common", "services", "core", "misc"}
REGISTRIES = re.compile(
    "|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "deb" + r"\.debian"))
)
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def modules() -> list[Path]:
    return [module for room in ROOMS for module in sorted((ROOT / room).rglob("*.py"))]


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for module in modules():
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield module, node


def lengths() -> list[int]:
    return [(node.end_lineno or 0) - node.lineno + 1 for _, node in functions()]


def test_modules_are_short() -> None:
    too_long = {
        str(m.relative_to(ROOT)): n
        for m in modules()
        if (n := len(m.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert too_long == {}


def test_functions_are_short() -> None:
    found = lengths()
    assert median(found) <= 8
    assert sum(length <= SHORT_FUNCTION for length in found) >= 0.9 * len(found)


def test_no_first_party_import_hides_in_a_function() -> None:
    hidden = [
        f"{module.relative_to(ROOT)}:{inner.lineno}"
        for module, function in functions()
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom) and is_ours(inner)
    ]
    assert hidden == []


def is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return any(name.split(".")[0] in ROOMS for name in names)


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [str(module) for module in modules() if DRAWERS & set(module.relative_to(ROOT).with_suffix("").parts)] == []


def test_every_room_is_a_package() -> None:
    folders = {module.parent for module in modules()}
    assert [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_file_names_a_package_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    files = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    assert files
    naming = [str(file) for file in files if file.is_file() and REGISTRIES.search(file.read_bytes().decode("latin-1"))]
    assert naming == []


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--no-logo", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_imports_only_ever_point_down() -> None:
    done = linted(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The house without its furniture, to be spoiled."""
    for module in modules():
        target = tmp_path / module.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, target)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("portal/drawer.py", ""),
        ("portal/models/spoiled.py", "import portal.operations"),
        ("portal/operations/spoiled.py", "import portal.jobs"),
        ("portal/public/spoiled.py", "import portal.association"),
        ("portal/association/spoiled.py", "import admin"),
        ("admin/spoiled.py", "import portal.app"),
        ("matching/spoiled.py", "import portal.models"),
        ("matching/spoiled.py", "import sqlalchemy"),
        ("portal/public/spoiled.py", "import matching.router"),
        ("portal/local/spoiled.py", "import portal.models"),
        ("portal/jobs/spoiled.py", "import portal.local"),
        ("portal/web/spoiled.py", "import portal.demo"),
    ],
)
def test_a_misplaced_module_or_import_is_refused(copy: Path, module: str, line: str) -> None:
    (copy / module).write_text(f"{line}\n", encoding="utf-8")
    done = linted(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
