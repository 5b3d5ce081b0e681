"""Words put together: French before a name, telephones, what an answer is about to do."""

import pytest

from portal.association.wording import elided
from portal.web.telephones import telephone_said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Élodie M.", "d’Élodie M."),
        ("Aya", "d’Aya"),
        ("Œdipe", "d’Œdipe"),
        ("Yves", "d’Yves"),
        ("Yasmine", "de Yasmine"),
        ("Hugo", "de Hugo"),
        ("Marc", "de Marc"),
        ("", "de "),
    ],
)
def test_de_is_elided_before_a_vowel(name: str, said: str) -> None:
    assert elided(name, "de") == said


def test_que_is_elided_likewise() -> None:
    assert [elided(name, "que") for name in ("Inès", "Paul")] == ["qu’Inès", "que Paul"]


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("+33639980001", "06 39 98 00 01"),
        ("0639980001", "06 39 98 00 01"),
        ("+3222345678", "+32 2 234 56 78"),
        ("sur place", "sur place"),
    ],
)
def test_a_telephone_is_read_as_it_is_dialled(stored: str, said: str) -> None:
    assert telephone_said(stored).replace("\u00a0", " ") == said
