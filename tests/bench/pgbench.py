"""PostgreSQL's own measure of short writing transactions: pgbench's simple-update, beside the server's binaries."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from portal.local.binaries import postgres_binaries

DATABASE = "simple_update"
SCALE = 10
SYSTEM = "/usr/lib/postgresql"
RATE = re.compile(r"^tps = ([\d.]+) \(without", re.MULTILINE)


def pgbench_program(environment: Mapping[str, str]) -> Path | None:
    """That of the server that runs, else any on this machine; None when there is none (the wheels bring none)."""
    beside = postgres_binaries(environment).folder / "pgbench"
    installed = sorted(Path(SYSTEM).glob("*/bin/pgbench"), reverse=True)
    found = next((one for one in (beside, *installed) if one.exists()), None) or shutil.which("pgbench")
    return Path(found) if found else None


class Pgbench:
    """Its tables are in a database of their own, on the server of `database_url`."""

    def __init__(self, program: Path, database_url: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(f"CREATE DATABASE {DATABASE}")
        target = make_url(database_url).set(database=DATABASE)
        self.program, self.url = program, target.render_as_string(hide_password=False)
        self._run("-i", "-q", "-s", str(SCALE))

    def simple_update(self, clients: int, seconds: int) -> float:
        """Transactions a second."""
        threads = min(clients, os.cpu_count() or 1)
        told = self._run("-N", "-n", "-T", str(seconds), "-c", str(clients), "-j", str(threads))
        found = RATE.search(told)
        assert found, told
        return float(found[1])

    def _run(self, *options: str) -> str:
        command = [str(self.program), *options, self.url]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
