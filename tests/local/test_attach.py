import json
import os
import subprocess
import sys
from pathlib import Path

from portal.local.keys import keys_in
from portal.local.layout import CLONE, layout_of
from portal.local.lock import locked, note
from tests.local.processes import processes_of

ASK = """
import json, os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    name = connection.execute("SELECT current_database()").fetchone()[0]
print(json.dumps({"database": name, "base": os.environ["BASE_URL"], "key": os.environ["MASTER_KEY"]}))
"""


def attach(data: Path, *command: str, asked: str = "") -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return subprocess.run(
        [sys.executable, "-m", "portal.local.attach", "--", *command],
        cwd=CLONE,
        env={**inherited, "DATA_DIR": str(data)},
        input=asked,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_finds_servers_for_its_own_time(folder: Path) -> None:
    done = attach(folder, sys.executable, "-c", ASK)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"database": "portal", "base": "http://localhost:8000", "key": keys_in(folder)["MASTER_KEY"]}
    assert processes_of(layout_of(folder).servers) == []


def test_psql_opens_on_the_database(folder: Path) -> None:
    assert "portal" in attach(folder, "psql", asked="SELECT current_database()").stdout


def test_the_commands_own_failure_is_passed_on(folder: Path) -> None:
    assert attach(folder, sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_beside_a_running_portal_nothing_more_is_started(folder: Path) -> None:
    layout = layout_of(folder)
    layout.prepare()
    with locked(folder) as lock:
        note(lock, {"port": 8042, "smtp_port": 1026})
        told = attach(folder, sys.executable, "-c", "import os; print(os.environ['BASE_URL'], os.environ['SMTP_PORT'])")
    assert told.stdout == "http://localhost:8042 1026\n"
    assert not (layout.servers / "postgres").exists()
