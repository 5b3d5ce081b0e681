"""A private Valkey (or Redis): a password, one unix socket, no TCP, nothing on disk. The database is the truth."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from portal.local.binaries import valkey_binary, within_reach
from portal.local.keys import write_private
from portal.local.layout import Layout, SetupError
from portal.local.program import Program

PATIENCE = 20  # seconds
DATABASES = 64


@dataclass(frozen=True)
class Valkey:
    layout: Layout
    password: str
    binary: Path

    @property
    def socket(self) -> Path:
        return self.layout.sockets / "valkey.sock"

    @property
    def settings(self) -> Path:
        return self.layout.sockets / "valkey.conf"

    def url(self, database: int = 0) -> str:
        return f"unix://:{quote(self.password, safe='')}@{quote(str(self.socket), safe='/')}?db={database}"

    def create(self) -> None:
        """The password goes by a file: a command line is there for all to read."""
        lines = (
            "port 0",
            f'unixsocket "{self.socket}"',
            "unixsocketperm 700",
            f"requirepass {self.password}",
            f"databases {DATABASES}",
            'save ""',
            "appendonly no",
            f'dir "{self.layout.sockets}"',
        )
        write_private(self.settings, "\n".join(lines) + "\n")
        self.layout.hand_over(self.settings)

    def server(self) -> Program:
        return Program("valkey", (str(self.binary), str(self.settings)), account=self.layout.account or "ours")

    def ready(self, alive: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url()) as client:
            while True:
                try:
                    client.ping()
                except redis.RedisError as error:
                    if time.monotonic() > deadline or not alive():
                        log = self.layout.logs / "valkey.log"
                        raise SetupError(f"Valkey does not answer ({error}); its log is {log}.") from error
                else:
                    return
                time.sleep(0.02)


def valkey_in(layout: Layout, password: str) -> Valkey:
    binary = within_reach(valkey_binary(), layout.account, layout.servers / "binaries")
    return Valkey(layout, password, binary)
