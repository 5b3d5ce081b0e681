"""The measures of eligibility and of previews run, tell what they promise to tell, and see a wrong answer."""

from pathlib import Path

import pytest

from tests.bench.eligibility import AIMS, Mismatch, Ours, measure_eligibility, verify
from tests.bench.eligibility_peers import Plain
from tests.bench.figure import Effort, Figure
from tests.bench.preview import measure_preview
from tests.bench.programmes import flat_programmes, some_requests

LITTLE = 0.001


def by_key(figures: list[Figure]) -> dict[str, Figure]:
    assert len({one.key for one in figures}) == len(figures)
    return {one.key: one for one in figures}


def test_eligibility_is_measured_beside_its_peers(tmp_path: Path) -> None:
    figures = by_key(measure_eligibility(Effort(LITTLE, tmp_path)))
    assert figures["eligibility.mismatches"].reached
    assert figures["eligibility.1000.edit"].goal == 10
    for name, aim in AIMS.items():
        one = figures[f"eligibility.150.{name}"]
        assert one.goal == pytest.approx(one.peer / aim)
    untold = {"sql_match", "zen_match", "json_logic_match", "rule_engine_match"}
    assert {f"eligibility.150.{name}" for name in untold} <= figures.keys()
    assert len({one.value for key, one in figures.items() if key.startswith("eligibility.150.") and one.peer}) == 1


def test_a_preview_is_measured_beside_sql(tmp_path: Path) -> None:
    figures = by_key(measure_preview(Effort(LITTLE, tmp_path)))
    assert figures["preview.edit"].goal == figures["preview.worst"].goal == 20
    assert figures["preview.edit"].value <= figures["preview.worst"].value
    assert figures["preview.edit"].peer
    assert figures["preview.memory"].value > 0


def test_a_wrong_answer_is_seen() -> None:
    programmes, profiles = flat_programmes(60), list(some_requests(40))
    ours, plain = Ours(programmes), Plain(programmes)
    known, judged = [ours.judge(one) for one in profiles], [plain.judge(one) for one in profiles]
    verify(ours, known, plain, judged)
    with pytest.raises(Mismatch, match="python finds"):
        verify(ours, known, plain, [*judged[1:], judged[0]])


def test_the_same_seed_gives_the_same_country() -> None:
    assert flat_programmes(5) == flat_programmes(5)
    assert flat_programmes(5) != flat_programmes(5, seed=1)
    assert list(some_requests(5, unknown=0.2)) == list(some_requests(5, unknown=0.2))
