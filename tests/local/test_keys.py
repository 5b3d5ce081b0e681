import base64
import os
import stat
from pathlib import Path

import pytest

from portal.local.keys import FILE, NAMES, keys_in, write_private


def test_keys_are_made_once(tmp_path: Path) -> None:
    assert keys_in(tmp_path) == keys_in(tmp_path)


def test_two_machines_share_no_key(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = keys_in(tmp_path / "a"), keys_in(tmp_path / "b")
    assert set(one) == {*NAMES, "MASTER_KEY"}
    assert not set(one.values()) & set(other.values())
    assert len(set(one.values())) == len(one)


def test_the_master_key_is_32_bytes_and_the_others_are_long(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    assert len(base64.b64decode(keys["MASTER_KEY"], validate=True)) == 32
    assert all(len(keys[name]) >= 43 for name in NAMES)


def test_only_their_owner_reads_them(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keys_in(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_an_interrupted_writing_leaves_the_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = keys_in(tmp_path)

    def power_cut(_descriptor: int) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("os.fsync", power_cut)
    with pytest.raises(OSError, match="power cut"):
        write_private(tmp_path / FILE, "{}")
    assert keys_in(tmp_path) == keys
    monkeypatch.undo()
    write_private(tmp_path / FILE, "{}")
    assert keys_in(tmp_path) == {}
