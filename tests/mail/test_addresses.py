"""The normal form of an address is one that mail servers read."""

import pytest

from portal.foundation.mailboxes import accented_before_at, address_of, in_ascii
from portal.models.person import normalised_mail

ASCII = "a@xn--exmple-cua.fr"


@pytest.mark.parametrize("typed", ["a@exämple.fr", "a@EXÄMPLE.fr", "a@xn--exmple-cua.fr"])
def test_a_domain_with_an_accent_is_said_in_ascii(typed: str) -> None:
    assert address_of(typed) == ASCII


@pytest.mark.parametrize("typed", ["zoé@example.fr", "zoé@exämple.fr", "a@exämple", "@exämple.fr", "a@ä..fr", ""])
def test_what_no_message_could_reach_has_no_normal_form(typed: str) -> None:
    assert address_of(typed) is None


def test_what_is_stored_is_said_in_ascii_or_left_as_it_is() -> None:
    assert in_ascii("a@exämple.fr") == ASCII
    assert in_ascii("zoé@exämple.fr") == "zoé@exämple.fr"
    assert in_ascii("lea@localhost") == "lea@localhost"


def test_both_spellings_are_one_mailbox() -> None:
    assert normalised_mail(" A@EXÄMPLE.fr ") == normalised_mail(ASCII) == ASCII


@pytest.mark.parametrize(("typed", "accented"), [("zoé@a.fr", True), ("zoe@ä.fr", False), ("zoé", False)])
def test_an_accent_before_the_at_is_told_from_other_faults(typed: str, accented: bool) -> None:
    assert accented_before_at(typed) is accented
