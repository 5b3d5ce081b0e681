"""Where everything lives on this machine, and under whose name the servers run."""

import hashlib
import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
OUTSIDE = Path("/var/lib/collectif-mentorat")
SOCKET_LIMIT = 103  # the kernel stops at 107 bytes; PostgreSQL's lock file and a margin are taken off
LONGEST_SOCKET = ".s.PGSQL.5432"
SERVER_ACCOUNTS = ("postgres", "nobody")


class SetupError(Exception):
    """What keeps the portal from starting, in words for the person at the keyboard."""


@dataclass(frozen=True)
class Layout:
    """`data` is ours alone; `servers` and `sockets` belong to `account` when there is one (we are root)."""

    data: Path
    servers: Path
    sockets: Path
    control: Path
    account: str | None

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def owners(self) -> tuple[int, ...]:
        return (os.geteuid(), *((pwd.getpwnam(self.account).pw_uid,) if self.account else ()))

    def prepare(self) -> None:
        """Make the folders; the server's account may walk through ours, never list them."""
        for folder in (self.data, self.servers):
            make_private(folder, self.owners, 0o711 if self.account else 0o700)
        for folder in (self.logs, self.control, self.sockets):
            make_private(folder, self.owners, 0o700)
        self.hand_over(self.sockets)

    def hand_over(self, path: Path) -> None:
        if self.account:
            entry = pwd.getpwnam(self.account)
            os.chown(path, entry.pw_uid, entry.pw_gid)


def make_private(folder: Path, owners: tuple[int, ...], mode: int) -> None:
    """Refuse a folder that somebody else made before us: they could read what we write in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.is_symlink() or folder.lstat().st_uid not in owners:
        raise SetupError(f"{folder} belongs to another account: remove it, or set DATA_DIR to another folder.")
    folder.chmod(mode)


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def server_account() -> str | None:
    """PostgreSQL refuses to run as root; an ordinary user runs it as themselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for account in SERVER_ACCOUNTS:
        if account in known:
            return account
    raise SetupError("Running as root needs an account named postgres or nobody for the database.")


def reachable(path: Path, account: str | None) -> bool:
    """Whether `account` may walk down to `path`: a home closed to others (0700) stops it."""
    if account is None:
        return True
    uid = pwd.getpwnam(account).pw_uid
    walked = [folder.stat() for folder in path.parents if folder.exists()]
    return all(folder.st_uid == uid or folder.st_mode & stat.S_IXOTH for folder in walked)


def short(folder: Path, key: Path) -> Path:
    """`folder` if sockets fit in it, else a short folder of our own under /tmp."""
    if len(os.fsencode(folder / LONGEST_SOCKET)) <= SOCKET_LIMIT:
        return folder
    return Path("/tmp") / f"mentorat-{os.geteuid()}-{digest(key)}-{folder.name}"  # noqa: S108 (its owner is checked)


def layout_of(data: Path) -> Layout:
    account = server_account()
    data = data.resolve()
    servers = data if reachable(data, account) else OUTSIDE / digest(data)
    return Layout(
        data=data,
        servers=servers,
        sockets=short(servers / "sockets", data),
        control=short(data / "control", data),
        account=account,
    )


def default_data(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return OUTSIDE / digest(CLONE) if os.geteuid() == 0 else CLONE / ".data"
