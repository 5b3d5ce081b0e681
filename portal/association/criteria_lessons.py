"""What bounces teach, in words: the suggestions of the criteria page, and the draft one of them opens."""

from dataclasses import dataclass

from flask import url_for

from matching.criteria import Expression
from matching.lessons import adopted
from matching.vocabulary import Side
from portal.association.addresses import SIDE_NAMES
from portal.models.assignment import BounceReason
from portal.models.bounce import BOUNCES
from portal.queries.criteria import Kept
from portal.queries.lessons import LEAST, Asked, Learnt, learnt
from portal.web.criteria_said import part_said, readable
from portal.web.typography import NBSP, plural

WHO = {Side.MENTEE: "jeunes", Side.MENTOR: "bénévoles"}


@dataclass(frozen=True)
class LessonShown:
    """One suggestion. finding, cost: its two sentences; about: whose criteria; url: the draft with it."""

    about: str
    finding: str
    cost: str
    url: str


def lessons_shown(programmes: list[Kept]) -> list[LessonShown]:
    """What the criteria in force of these programmes could learn."""
    names = {one.programme.id: one.programme.name for one in programmes}
    return [_shown(one, names[one.programme_id]) for one in learnt(in_force(programmes))]


def in_force(programmes: list[Kept]) -> dict[Asked, Expression]:
    return {
        (one.programme.id, version.side): criteria
        for one in programmes
        for version in one.versions
        if (criteria := readable(version.criteria)) is not None
    }


def _shown(one: Learnt, programme: str) -> LessonShown:
    side = SIDE_NAMES[one.side]
    url = url_for("criteria.edit", programme_id=one.programme_id, side=side, lecon=one.reason.value)
    return LessonShown(f"{programme} · {WHO[one.side]}", finding(one), cost(one), url)


def finding(one: Learnt) -> str:
    """« 7 réorientations sur 9 (« Âge ou niveau ») auraient été évitées avec « à partir de 14 ans ». »."""
    reason = BOUNCES[one.reason].label
    return (
        f"{plural(one.avoided, 'réorientation')} sur{NBSP}{one.of} («{NBSP}{reason}{NBSP}»)"
        f" auraient été évitées avec «{NBSP}{part_said(one.criterion)}{NBSP}»."
    )


def cost(one: Learnt) -> str:
    """What it would have cost; « moins de 3 » is none included."""
    few = f"Moins de{NBSP}{LEAST} demandes acceptées"
    said = few if one.lost is None else plural(one.lost, "demande acceptée", "demandes acceptées")
    doubt = f" {plural(one.to_verify, 'autre')} seraient venues «{NBSP}à vérifier{NBSP}»." if one.to_verify else ""
    return f"{said} n’auraient pas été proposées.{doubt}"


def lesson_about(asked: Asked, criteria: Expression, reason: str) -> tuple[Learnt, Expression] | None:
    """The suggestion for that reason, and the criteria with it; None when there is no such suggestion any more."""
    if reason not in set(BounceReason):
        return None
    found = (one for one in learnt({asked: criteria}) if one.reason == reason)
    one = next(found, None)
    return (one, adopted(criteria, one.criterion)) if one else None
