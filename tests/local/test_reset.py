from pathlib import Path

import pytest

from portal.local.keys import keys_in
from portal.local.layout import layout_of
from portal.local.lock import locked
from portal.local.reset import main


@pytest.fixture
def data(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    layout = layout_of(folder)
    layout.prepare()
    keys_in(folder)
    (layout.servers / "postgres").mkdir()
    (folder / "mail").mkdir()
    (folder / "thesis.odt").touch()
    return folder


def test_what_we_made_goes_and_what_is_theirs_stays(data: Path) -> None:
    assert main() == 0
    assert {entry.name for entry in data.iterdir()} == {"thesis.odt", "lock"}


def test_nothing_goes_while_the_portal_runs(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with locked(data):
        assert main() == 1
    assert "stop it first" in capsys.readouterr().out
    assert (data / "secrets.json").exists()


def test_a_database_of_the_callers_own_is_never_touched(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://theirs/portal")
    assert main() == 1
    assert "we never do" in capsys.readouterr().out
    assert (data / "secrets.json").exists()


def test_forgetting_twice_is_no_fault(data: Path) -> None:
    assert main() == 0
    assert main() == 0


def test_there_may_be_nothing_to_forget(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main() == 0
    assert not folder.exists()
