import os
import pwd
import stat
from pathlib import Path

import pytest

from portal.local import layout
from portal.local.layout import CLONE, OUTSIDE, SetupError, default_data, layout_of, make_private, reachable, short


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_ordinary_user_keeps_the_data_in_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_data({}) == CLONE / ".data"


def test_root_keeps_the_data_outside_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data({}).parent == OUTSIDE


def test_the_data_folder_can_be_chosen(tmp_path: Path) -> None:
    assert default_data({"DATA_DIR": str(tmp_path)}) == tmp_path


def test_the_folders_are_closed_to_others(tmp_path: Path) -> None:
    found = layout_of(tmp_path / "data")
    found.prepare()
    assert mode(found.logs) == mode(found.control) == mode(found.sockets) == 0o700
    assert mode(found.data) & 0o066 == 0


def test_a_deep_folder_has_short_sockets(tmp_path: Path) -> None:
    found = layout_of(tmp_path / ("deep" * 15) / ("deeper" * 10))
    for folder in (found.sockets, found.control):
        assert len(os.fsencode(folder / layout.LONGEST_SOCKET)) <= 103
    assert found.sockets != found.control


def test_two_deep_folders_do_not_share_their_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    assert short(deep, tmp_path / "a") != short(deep, tmp_path / "b")


def test_a_folder_that_someone_laid_in_wait_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    for folder, owners in ((tmp_path / "link", (os.geteuid(),)), (tmp_path / "theirs", (12345,))):
        with pytest.raises(SetupError, match="belongs to another account"):
            make_private(folder, owners, 0o700)


def test_a_closed_home_stops_the_database_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr("pwd.getpwnam", lambda _name: pwd.struct_passwd(("other", "x", 4242, 4242, "", "/", "/")))
    monkeypatch.setattr(Path, "parents", property(lambda _self: [home]))
    assert not reachable(home / "data", "other")
    assert reachable(home / "data", None)
    home.chmod(0o711)
    assert reachable(home / "data", "other")


def test_root_without_any_account_for_the_database_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("pwd.getpwall", list)
    with pytest.raises(SetupError, match="account named postgres or nobody"):
        layout.server_account()


def test_root_hands_the_servers_to_another_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert layout.server_account() in layout.SERVER_ACCOUNTS


def test_under_a_closed_home_root_puts_the_servers_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "server_account", lambda: "nobody")
    monkeypatch.setattr(layout, "reachable", lambda _path, _account: False)
    assert layout_of(tmp_path / "data").servers.parent == OUTSIDE
