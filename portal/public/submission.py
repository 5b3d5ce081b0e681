"""From the answers of a form to a submission: nothing is taken that was not asked, or not agreed to."""

from matching.vocabulary import Need, Public, ReferrerType, Situation, StudyLevel
from portal.models.person import Applicant, Guardian, Person, Referrer
from portal.operations.consent import Filler
from portal.operations.intake import Submission
from portal.public.form import Known
from portal.public.questions.place import ACCEPTED
from portal.public.questions.publics import YES, PublicsQuestion
from portal.public.questions.situation import UNKNOWN
from portal.public.rules import attested, filler_of, sensitive_structure

PUBLICS = ("quartier", "parcours", "personnel", "experience")


def submission_of(known: Known) -> Submission:
    """The whole form; every step must have been answered."""
    filler, commune = filler_of(known), known.commune
    assert filler is not None
    assert commune is not None
    structure = known.get("structure", "referrer_type")
    return Submission(
        side=known.form.side,
        filler=filler,
        person=person_of(known, filler),
        commune=commune.code,
        modalities=ACCEPTED[known.get("rencontre", "meeting")],
        situations=frozenset(Situation(one) for one in known.get("situation", "situations")),
        level=level_of(known),
        needs=needs_of(known),
        publics=publics_of(known),
        referrer_type=ReferrerType(structure) if structure else None,
        establishment=known.get("structure", "code"),
        establishment_name=known.get("structure", "establishment") or known.get("experience", "employer"),
        months=number(known.get("engagement", "months")),
        hours_a_month=number(known.get("engagement", "hours")),
        available_from=known.get("engagement", "available_from"),
        sensitive=known.get("plus-personnel", "personal") == YES or sensitive_structure(known),
        attested=attested(known),
    )


def level_of(known: Known) -> StudyLevel | None:
    level = known.get("niveau", "level")
    return None if level in (None, UNKNOWN) else StudyLevel(level)


def needs_of(known: Known) -> frozenset[Need] | None:
    needs = [one for one in known.get("besoins", "needs") or () if one != UNKNOWN]
    return frozenset(Need(one) for one in needs) or None


def publics_of(known: Known) -> dict[Public, bool | None]:
    told: dict[Public, bool | None] = {}
    for key in PUBLICS:
        question = known.answer(key)
        if isinstance(question, PublicsQuestion):
            told |= question.answers()
    return told


def person_of(known: Known, filler: Filler) -> Person:
    referrer = referrer_of(known)
    return Person(
        applicant=Applicant(
            first_name=known.get("prenom", "first_name"),
            last_name=known.get("prenom", "last_name"),
            mail=known.get("contact", "mail"),
            telephone=known.get("contact", "telephone"),
            birth_date=known.birth_date,
        ),
        guardian=guardian_of(known, filler, referrer),
        referrer=referrer,
        words=known.get("besoins", "words"),
    )


def referrer_of(known: Known) -> Referrer | None:
    if known.answer("vous") is None:
        return None
    return Referrer(
        name=known.get("vous", "name"),
        mail=known.get("vous", "mail"),
        telephone=known.get("vous", "telephone"),
        role=known.get("structure", "role"),
        establishment=known.get("structure", "establishment"),
    )


def guardian_of(known: Known, filler: Filler, referrer: Referrer | None) -> Guardian | None:
    """The one told of, whose name may be "" from 15 on; a parent who fills in the form for a minor is the guardian."""
    if filler is Filler.PARENT and referrer is not None and known.is_minor:
        return Guardian(referrer.name, referrer.mail, referrer.telephone)
    name, mail, telephone = (known.get("responsable", field) for field in ("name", "mail", "telephone"))
    return Guardian(name or "", mail, telephone) if name or mail or telephone else None


def number(text: str | None) -> int | None:
    return None if text is None else int(text)
