from pathlib import Path

import pytest

from portal.local.lock import TakenError, locked, note


def test_the_second_comer_learns_where_the_first_one_serves(tmp_path: Path) -> None:
    with locked(tmp_path) as lock:
        note(lock, {"port": 8042})
        with pytest.raises(TakenError) as refused, locked(tmp_path):
            pass
    assert refused.value.note == {"port": 8042}


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with locked(tmp_path) as lock:
        note(lock, {"port": 8042})
    with locked(tmp_path), pytest.raises(TakenError) as refused, locked(tmp_path):
        pass
    assert refused.value.note == {}
