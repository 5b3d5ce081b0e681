"""Who must agree, case by case: the table of operations.consent read as a lawyer would."""

import pytest

from portal.models.identity import ConsentKind
from portal.models.referral import Awaited
from portal.operations.consent import RULES, WORDINGS, Filler, GuardianPart, rule_for, wording_of

ADDRESS, BOTH = (Awaited.ADDRESS,), (Awaited.ADDRESS, Awaited.GUARDIAN)


@pytest.mark.parametrize(
    ("filler", "age", "attested", "awaited", "guardian"),
    [
        (Filler.SELF, 5, False, BOTH, GuardianPart.CONFIRMS),
        (Filler.SELF, 14, False, BOTH, GuardianPart.CONFIRMS),
        (Filler.SELF, 15, False, ADDRESS, GuardianPart.INFORMED),
        (Filler.SELF, 17, False, ADDRESS, GuardianPart.INFORMED),
        (Filler.SELF, 18, False, ADDRESS, GuardianPart.NONE),
        (Filler.PARENT, 5, False, ADDRESS, GuardianPart.NONE),
        (Filler.PARENT, 17, False, ADDRESS, GuardianPart.NONE),
        (Filler.PARENT, 25, False, ADDRESS, GuardianPart.NONE),
        (Filler.RELATIVE, 14, False, BOTH, GuardianPart.CONFIRMS),
        (Filler.RELATIVE, 15, False, ADDRESS, GuardianPart.INFORMED),
        (Filler.PROFESSIONAL, 14, False, BOTH, GuardianPart.CONFIRMS),
        (Filler.PROFESSIONAL, 14, True, ADDRESS, GuardianPart.NONE),
        (Filler.PROFESSIONAL, 17, True, ADDRESS, GuardianPart.NONE),
        (Filler.PROFESSIONAL, 18, True, ADDRESS, GuardianPart.NONE),
        (Filler.SELF, 14, True, BOTH, GuardianPart.CONFIRMS),
    ],
)
def test_what_is_awaited_and_what_the_guardian_does(
    filler: Filler, age: int, *, attested: bool, awaited: tuple[Awaited, ...], guardian: GuardianPart
) -> None:
    rule = rule_for(filler, age, attested=attested)
    assert (rule.awaited, rule.guardian) == (awaited, guardian)


@pytest.mark.parametrize("filler", list(Filler))
def test_every_case_has_a_rule_with_its_source_and_an_address_to_confirm(filler: Filler) -> None:
    for age in range(121):
        rule = rule_for(filler, age)
        assert rule.source
        assert Awaited.ADDRESS in rule.awaited
        assert ConsentKind.APPLICANT in rule.given


def test_only_a_parent_gives_a_guardians_consent_in_the_form() -> None:
    assert {rule.fillers for rule in RULES if ConsentKind.GUARDIAN in rule.given} == {frozenset({Filler.PARENT})}


def test_every_wording_that_can_be_agreed_to_is_kept() -> None:
    used = {wording_of(filler) for filler in Filler} | {wording_of(Filler.SELF, mentor=True)}
    assert used <= set(WORDINGS)
