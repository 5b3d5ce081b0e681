"""What is known of a request, in rows to read: the facts that routing uses, and the person once asked for."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from matching.profile import Profile
from matching.reading import InvalidInputError
from matching.vocabulary import Modality, Side
from matching.wording import day, labels
from portal.models.person import Person
from portal.models.referral import Awaited
from portal.web.telephones import telephone_said
from portal.web.typography import NBSP

Fact = tuple[str, str]
AWAITED = {Awaited.ADDRESS: "l’adresse e-mail confirmée", Awaited.GUARDIAN: "l’accord du responsable légal"}


def known_facts(row: Row[Any]) -> list[Fact]:
    """Label and value of each fact given; unknown ones are left out, except that something is awaited."""
    waited = [AWAITED[Awaited(one)] for one in row.awaiting if one in set(Awaited)]
    rows = [("Attendu", ", ".join(waited))] if waited else []
    try:
        profile = Profile.from_json(row.profile)
    except InvalidInputError:
        return [*rows, ("Faits", "effacés ou illisibles")]
    return rows + [(label, said[:1].upper() + said[1:]) for label, said in _facts(profile) if said]


def _facts(profile: Profile) -> Iterator[Fact]:
    yield "Côté", "jeune" if profile.side is Side.MENTEE else "bénévole"
    yield "Demandée par", profile.channel.label if profile.channel else ""
    yield "Prescripteur", profile.referrer_type.label if profile.referrer_type else ""
    yield "Structure", profile.establishment_name or ""
    yield "Âge", f"{profile.age}{NBSP}ans" if profile.age is not None else ""
    yield "Situation", labels(profile.situations) if profile.situations else ""
    yield "Niveau", profile.level.label if profile.level else ""
    yield (
        "Besoins" if profile.side is Side.MENTEE else "Veut aider pour",
        labels(profile.needs) if profile.needs else "",
    )
    yield "Habite", profile.home or ""
    yield "Rencontre", _meeting(profile)
    yield "Réponses", ", ".join(_answers(profile))
    yield "Disponible", f"à partir du {day(profile.available_from)}" if profile.available_from else ""
    yield "Durée", f"{profile.months}{NBSP}mois" if profile.months else ""
    yield "Temps", f"{profile.hours_a_month}{NBSP}heures par mois" if profile.hours_a_month else ""


def _meeting(profile: Profile) -> str:
    """Whoever accepts both ways has no preference; hybrid says nothing more."""
    if profile.modalities and {Modality.IN_PERSON, Modality.REMOTE} <= profile.modalities:
        return "en présentiel ou à distance"
    return labels(profile.modalities) if profile.modalities else ""


def _answers(profile: Profile) -> Iterator[str]:
    for public, answer in sorted(profile.answers):
        yield f"{public.label}{NBSP}: {'oui' if answer else 'non'}"


def _telephone(number: str | None) -> str | None:
    return number and telephone_said(number)


def contact_facts(person: Person) -> list[Fact]:
    """Names, addresses and telephones of everyone concerned."""
    applicant = person.applicant
    rows = [
        ("Nom", f"{applicant.first_name} {applicant.last_name}"),
        ("E-mail", applicant.mail),
        ("Téléphone", _telephone(applicant.telephone)),
        ("Naissance", day(applicant.birth_date) if applicant.birth_date else None),
    ]
    if person.guardian:
        guardian = person.guardian
        rows += [
            ("Responsable", guardian.name),
            ("Son e-mail", guardian.mail),
            ("Son téléphone", _telephone(guardian.telephone)),
        ]
    if person.referrer:
        referrer = person.referrer
        rows += [
            ("Prescripteur", referrer.name),
            ("Son e-mail", referrer.mail),
            ("Son téléphone", _telephone(referrer.telephone)),
        ]
    return [(label, value) for label, value in rows if value]
