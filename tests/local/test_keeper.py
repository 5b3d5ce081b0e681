import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.local.layout import CLONE
from tests.local.processes import eventually, processes_of


@pytest.fixture
def watched() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture
def keeper(folder: Path, watched: subprocess.Popen[bytes]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    folder.mkdir()
    command = [sys.executable, "-m", "portal.local.keeper", str(folder), str(watched.pid)]
    with subprocess.Popen(command, cwd=CLONE) as process:
        assert eventually((folder / "servers.json").exists, 60)
        yield process, folder
        process.terminate()


def test_the_servers_vanish_when_the_tests_are_killed(
    keeper: tuple[subprocess.Popen[bytes], Path], watched: subprocess.Popen[bytes]
) -> None:
    process, folder = keeper
    assert len(processes_of(folder)) >= 3
    watched.kill()
    assert process.wait(30) == 0
    assert not folder.exists()
    assert processes_of(folder) == []


def test_the_servers_vanish_when_told_to(keeper: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, folder = keeper
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not folder.exists()


def test_even_a_killed_keeper_leaves_no_server(keeper: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, folder = keeper
    process.kill()
    assert eventually(lambda: processes_of(folder) == [])
