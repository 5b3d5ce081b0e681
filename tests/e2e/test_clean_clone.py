"""The first command, as a newcomer types it: a fresh clone, no PostgreSQL and no Valkey of the machine's own."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from portal.local.layout import CLONE
from tests.e2e.conftest import free_port

PATIENCE_SECONDS = 900
pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]


def start(clone: Path, environment: dict[str, str], said: Path) -> "subprocess.Popen[bytes]":
    with said.open("wb") as out:
        return subprocess.Popen(
            ["make", "run"], cwd=clone, env=environment, stdout=out, stderr=out, start_new_session=True
        )


def wait_until_ready(process: "subprocess.Popen[bytes]", said: Path) -> float:
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE_SECONDS:
        if re.search(r"ready: http://localhost:\d+", said.read_text(encoding="utf-8")):
            return time.monotonic() - started
        assert process.poll() is None, said.read_text(encoding="utf-8")
        time.sleep(0.5)
    raise AssertionError(said.read_text(encoding="utf-8"))


def press_ctrl_c(process: "subprocess.Popen[bytes]") -> None:
    """As a terminal does: the whole foreground group is interrupted."""
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=60)


def test_make_run_needs_nothing_else_stops_cleanly_and_keeps_its_data(tmp_path: Path) -> None:
    clone, said, port = tmp_path / "clone", tmp_path / "said.txt", free_port()
    subprocess.run(["git", "clone", "-q", str(CLONE), str(clone)], check=True)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": os.environ["HOME"],
        "PG_FLAVOUR": "wheel",
        "PORT": str(port),
        "DATA_DIR": str(tmp_path / "data"),
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }
    process = start(clone, environment, said)
    wait_until_ready(process, said)
    assert "Mot de passe" in said.read_text(encoding="utf-8")
    with urlopen(f"http://localhost:{port}/healthz") as answer:
        assert answer.status == 200
    press_ctrl_c(process)

    again = start(clone, environment, said)
    assert wait_until_ready(again, said) < 60
    assert "déjà là" in said.read_text(encoding="utf-8")
    press_ctrl_c(again)
