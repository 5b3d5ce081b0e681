"""Who must agree before a request is routed: one table, each line with its source.

The data-protection officer may change it; nothing else in the code knows an age.
"""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _

from portal.models.identity import ConsentKind
from portal.models.referral import Awaited

NO_LIMIT = 200


class Filler(StrEnum):
    """Who filled the form in."""

    SELF = "self"
    PARENT = "parent"
    RELATIVE = "relative"
    PROFESSIONAL = "professional"


class GuardianPart(StrEnum):
    """What a guardian has to do with the request."""

    NONE = "none"
    INFORMED = "informed"
    CONFIRMS = "confirms"


@dataclass(frozen=True)
class Rule:
    """One case.

    ages: youngest and oldest, both included. attested: only with the attested written agreement of the child-welfare
    service. awaited: what must come before routing. given: the agreements that the form itself gives.
    """

    fillers: frozenset[Filler]
    ages: tuple[int, int]
    awaited: tuple[Awaited, ...]
    given: tuple[ConsentKind, ...]
    guardian: GuardianPart
    source: str
    attested: bool = False


_OWN = frozenset({Filler.SELF})
_PARENT = frozenset({Filler.PARENT})
_OTHERS = frozenset({Filler.RELATIVE, Filler.PROFESSIONAL})
_PROFESSIONAL = frozenset({Filler.PROFESSIONAL})
_ADDRESS, _BOTH = (Awaited.ADDRESS,), (Awaited.ADDRESS, Awaited.GUARDIAN)
_APPLICANT = (ConsentKind.APPLICANT,)
UNDER_15 = "RGPD, art. 8 ; loi n° 78-17 du 6 janvier 1978, art. 45 : avant 15 ans, accord du mineur et d’un titulaire de l’autorité parentale"
FROM_15 = "Loi n° 78-17, art. 45 : dès 15 ans, le mineur consent seul pour ses données ; code civil, art. 371-1 : le responsable légal est informé et autorise l’accompagnement"
ADULT = "RGPD, art. 6, 1, a : accord de la personne"
CHILD_WELFARE = "Code de l’action sociale et des familles, art. L. 223-1-2 : accord écrit du service du département, attesté par le professionnel"

# The first line that fits holds.
RULES: tuple[Rule, ...] = (
    Rule(
        _PROFESSIONAL, (0, 17), _ADDRESS, (*_APPLICANT, ConsentKind.PROFESSIONAL_ATTESTATION), GuardianPart.NONE,
        CHILD_WELFARE, attested=True,
    ),
    Rule(_PARENT, (0, 17), _ADDRESS, (*_APPLICANT, ConsentKind.GUARDIAN), GuardianPart.NONE, UNDER_15),
    Rule(_OWN | _OTHERS, (0, 14), _BOTH, _APPLICANT, GuardianPart.CONFIRMS, UNDER_15),
    Rule(_OWN | _OTHERS, (15, 17), _ADDRESS, _APPLICANT, GuardianPart.INFORMED, FROM_15),
    Rule(frozenset(Filler), (18, NO_LIMIT), _ADDRESS, _APPLICANT, GuardianPart.NONE, ADULT),
)  # fmt: skip


def rule_for(filler: Filler, age: int, *, attested: bool = False) -> Rule:
    """The line that holds for whoever fills the form in, for a person of this age.

    attested: the professional certifies the written agreement of the child-welfare service.
    """
    return next(
        rule
        for rule in RULES
        if filler in rule.fillers and rule.ages[0] <= age <= rule.ages[1] and (attested or not rule.attested)
    )


# What was agreed to, word for word. A wording is never changed: a new one gets a new number.
WORDINGS = {
    "young-1": _(
        "J’accepte que mes réponses servent à me trouver une association de mentorat. L’association choisie voit ma situation, mon prénom et l’initiale de mon nom ; elle ne voit mes coordonnées que si elle accepte ma demande. Je peux retirer ma demande quand je veux."
    ),
    "parent-1": _(
        "Je suis son parent ou responsable légal. La personne que j’inscris est d’accord, et j’accepte que ces réponses servent à lui trouver une association de mentorat. L’association choisie ne voit nos coordonnées que si elle accepte la demande. Nous pouvons retirer la demande à tout moment."
    ),
    "relative-1": _(
        "La personne que j’inscris sait que je fais cette demande et elle est d’accord. Elle accepte que ces réponses servent à lui trouver une association de mentorat. L’association choisie ne voit ses coordonnées que si elle accepte la demande. La demande peut être retirée à tout moment."
    ),
    "professional-1": _(
        "J’agis dans le cadre de mes fonctions. La personne que j’inscris sait que je fais cette demande et elle est d’accord pour que ces réponses servent à lui trouver une association de mentorat. L’association choisie ne voit ses coordonnées que si elle accepte la demande. La demande peut être retirée à tout moment."
    ),
    "mentor-1": _(
        "J’accepte que mes réponses servent à trouver l’association qui m’accueillera comme mentor, et je respecte la charte : régularité, bienveillance, discrétion, pas d’argent ni de prosélytisme. L’association pourra me rencontrer et me demander un justificatif avant toute rencontre avec un jeune."
    ),
    "sensitive-1": _(
        "J’accepte de donner ces informations plus personnelles. Elles servent seulement à trouver l’association qui convient. Je peux les retirer."
    ),
    "attestation-1": _("J’atteste que le service départemental de protection de l’enfance a donné son accord écrit."),
    "guardian-link-1": _(
        "Je suis titulaire de l’autorité parentale et j’accepte cette demande de mentorat, ainsi que l’usage des réponses données pour trouver une association."
    ),
}
GUARDIAN_LINK = "guardian-link-1"
SENSITIVE = "sensitive-1"
ATTESTATION = "attestation-1"
_OF_FILLER = {
    Filler.SELF: "young-1",
    Filler.PARENT: "parent-1",
    Filler.RELATIVE: "relative-1",
    Filler.PROFESSIONAL: "professional-1",
}
MENTOR = "mentor-1"


def wording_of(filler: Filler, *, mentor: bool = False) -> str:
    """The version of the wording that whoever sends the form agrees to."""
    return MENTOR if mentor else _OF_FILLER[filler]
