"""What runs on this machine, read from /proc: the tests of the set-up leave nothing behind."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

LISTENING = "0A"


def processes_of(folder: Path) -> list[int]:
    """Those whose command line names `folder`, children that renamed themselves excepted."""
    mark = str(folder).encode()
    return [int(entry.name) for entry, said in commands() if mark in said]


def commands() -> Iterator[tuple[Path, bytes]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                yield entry, (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue


def command_line(process: int) -> str:
    """Empty when it has ended meanwhile."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def parent_of(process: int) -> int | None:
    """None when it has ended, whether or not somebody has taken note of it (a zombie)."""
    try:
        state, parent = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(parent)


def alive(process: int) -> bool:
    return parent_of(process) is not None


def family_of(ancestor: int) -> list[int]:
    """`ancestor` and all that descend from it, while they live."""
    everybody = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    parents = {process: parent_of(process) for process in everybody}
    family = [ancestor] if parents.get(ancestor) is not None else []
    for member in family:
        family.extend(child for child, parent in parents.items() if parent == member)
    return family


def listening_on_tcp(process: int) -> bool:
    sockets = {str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir()}
    return any(f"socket:[{inode}]" in sockets for inode in listening_inodes())


def listening_inodes() -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING:
                yield fields[9]


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
