import subprocess
import sys
from pathlib import Path

import pytest

from portal.local import prerequisites
from portal.local.layout import CLONE
from portal.local.prerequisites import Part, as_root, install, main, provide

SCRIPT = CLONE / "portal" / "local" / "prerequisites.py"


class Machine:
    """Says what was asked of it, and installs what it is told to."""

    def __init__(self, *, root: list[str] | None, apt: bool = True) -> None:
        self.root, self.apt, self.ran, self.installed = root, apt, [""][:0], False

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        self.ran.append(" ".join(command))
        self.installed = self.installed or "install" in command
        return subprocess.CompletedProcess(command, 0)


@pytest.fixture
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(**request.param)
    monkeypatch.setattr(prerequisites, "as_root", lambda: made.root)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if made.apt else None)
    monkeypatch.setattr("subprocess.run", made.run)
    return made


def part(machine: Machine, *, vital: bool = False) -> Part:
    return Part(lambda: machine.installed, ("libexample0",), "Examples will be missing", vital=vital)


@pytest.mark.parametrize("machine", [{"root": []}, {"root": ["sudo", "-n"]}], indirect=True)
def test_what_is_missing_is_installed_when_nobody_needs_to_be_asked(machine: Machine) -> None:
    assert provide(part(machine))
    update, installation = machine.ran
    assert update.endswith("apt-get -qq update")
    assert installation.endswith("install -y --no-install-recommends libexample0")
    assert all(ran.startswith(" ".join(machine.root or ["env"])) for ran in machine.ran)


@pytest.mark.parametrize("machine", [{"root": None}, {"root": [], "apt": False}], indirect=True)
def test_otherwise_one_line_says_what_to_type(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert provide(part(machine))
    said = capsys.readouterr().out.splitlines()
    assert said == ["Examples will be missing. To mend it, type: sudo apt-get install libexample0"]
    assert machine.ran == []


@pytest.mark.parametrize("machine", [{"root": None}], indirect=True)
def test_only_a_vital_part_stops_the_start(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "PARTS", {"a": part(machine), "b": part(machine, vital=True)})
    assert main(["a"]) == 0
    assert main(["b", "a"]) == 1


@pytest.mark.parametrize("machine", [{"root": []}], indirect=True)
def test_what_is_there_is_left_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.installed = True
    assert provide(part(machine))
    assert (machine.ran, capsys.readouterr().out) == ([], "")


def test_sudo_is_used_only_when_it_asks_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    for refused, way in ((1, None), (0, ["sudo", "-n"])):
        monkeypatch.setattr(
            "subprocess.run", lambda command, refused=refused, **_: subprocess.CompletedProcess(command, refused)
        )
        assert as_root() == way
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert as_root() == []


@pytest.mark.parametrize("machine", [{"root": None}], indirect=True)
def test_nothing_is_installed_without_leave(machine: Machine) -> None:
    install(("libexample0",))
    assert machine.ran == []


def test_it_runs_on_a_bare_python_from_anywhere(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), "venv"], cwd=tmp_path, check=False)
    assert done.returncode == 0
