"""Which rule of consent holds for the answers given so far."""

from matching.vocabulary import ReferrerType
from portal.operations.consent import Filler, GuardianPart, Rule, rule_for
from portal.public.form import Known, Voice


def filler_of(known: Known) -> Filler | None:
    """Who is filling the form in; None while they have not said."""
    if known.form.voice is not Voice.REFERRER:
        return Filler.SELF
    chosen = known.get("qui", "filler")
    return Filler(chosen) if chosen else None


def sensitive_structure(known: Known) -> bool:
    """Whether the structure that refers tells something sensitive by itself."""
    kind = known.get("structure", "referrer_type")
    return bool(kind) and ReferrerType(kind).sensitive is not None


def attested(known: Known) -> bool:
    """Whether the written agreement of the child-welfare service is attested."""
    return bool(known.get("attestation", "written_agreement"))


def rule_of(known: Known) -> Rule | None:
    """The rule that holds; None while the age or the filler is unknown."""
    filler, age = filler_of(known), known.age
    if filler is None or age is None:
        return None
    return rule_for(filler, age, attested=attested(known))


def guardian_is_asked(known: Known) -> bool:
    rule = rule_of(known)
    return rule is not None and rule.guardian is not GuardianPart.NONE
