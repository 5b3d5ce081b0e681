"""What staff type in the room of the engine: a replay's question, and the words around rules."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from wtforms import BooleanField, Form, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import StopValidation

from admin.criteria import Written, read_text
from matching.criteria import write_criteria
from matching.ranking import Policy, PolicyName
from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.operations.policies import FEWEST_HOPS, LONGEST_REASON, MOST_HOPS
from portal.operations.replays import check_period
from portal.queries.replay_options import Options, PlaceLine
from portal.queries.replays import ENOUGH_DAYS
from portal.web.days import day_field
from portal.web.forms import NOT_OFFERED, OneOfMenu, PortalForm, tidy
from portal.web.numbers import WholeNumber
from portal.web.typography import NBSP, french, number, plural

MOST_TOLD = 1_000_000
DATE = f"Écrivez une date, par exemple{NBSP}: 01/09/2026."
UNCHANGED = SelectChoice("", "Sans changement")
POLICIES = {
    PolicyName.ARM: "ARM : la plus loin de son objectif",
    PolicyName.PROJECTED: "Niveaux projetés",
    PolicyName.ARM_ABSOLUTE: "Écart absolu : le plus de demandes manquantes",
    PolicyName.FIRST_MATCH: "Le premier programme qui convient",
    PolicyName.NEAREST: "La place déclarée la plus proche",
    PolicyName.RANDOM: "Au hasard",
}
POLICY_HINTS = {
    PolicyName.ARM: "la plus loin de son objectif, en proportion : 12 sur 40 passe avant 18 sur 50.",
    PolicyName.PROJECTED: "la plus loin de ce qu’elle devrait atteindre à la fin, d’après la saison passée.",
    PolicyName.ARM_ABSOLUTE: "celle à qui il manque le plus de demandes, quelle que soit sa taille.",
    PolicyName.FIRST_MATCH: "celui qui est inscrit depuis le plus longtemps, sans regarder les objectifs.",
    PolicyName.NEAREST: "celle qui a déclaré une place au plus près : la commune, puis le département.",
    PolicyName.RANDOM: "tirée au sort ; sert seulement à comparer.",
}
SIDE_WORDS = {Side.MENTEE: "Jeunes", Side.MENTOR: "Bénévoles"}
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}
Changes = dict[str, Any]


def policy_words(name: str) -> str:
    """The policy's French name, whatever is stored."""
    return french(POLICIES[PolicyName(name)]) if name in set(PolicyName) else name


def policies_told() -> list[tuple[str, str]]:
    """What each policy does: its name, and a line."""
    return [(french(words.partition(" : ")[0]), french(POLICY_HINTS[name])) for name, words in POLICIES.items()]


def _policy_choices() -> list[SelectChoice]:
    return [SelectChoice(name.value, french(words)) for name, words in POLICIES.items()]


def _or_unchanged(told: Iterable[tuple[UUID, str]]) -> list[SelectChoice]:
    return [UNCHANGED, *(SelectChoice(str(key), label) for key, label in told)]


class Optionally(SelectField):
    """One of a closed list, or nothing."""

    def pre_validate(self, _form: Form) -> None:
        if (self.data or "") not in {choice.value for choice in self.iter_choices()}:
            raise StopValidation(NOT_OFFERED)


class RulesForm(PortalForm):
    """Rules proposed: a policy, how many associations are tried, and why."""

    policy = OneOfMenu("Règle de répartition", missing="Choisissez une règle.")
    hops = WholeNumber(
        "Associations essayées avant l’équipe",
        description=f"De {FEWEST_HOPS} à {MOST_HOPS}{NBSP}: au-delà, l’équipe prend la demande en main.",
        render_kw=NUMERIC,
    )
    reason = TextAreaField("Pourquoi", filters=[tidy], description="La deuxième personne lira ces mots.")

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.policy.choices = _policy_choices()


class ReasonForm(PortalForm):
    """Why one goes back, or refuses."""

    reason = TextAreaField("Pourquoi", filters=[tidy], render_kw={"maxlength": LONGEST_REASON})


class ReplayForm(PortalForm):
    """A period, and what would have been otherwise. Call `offer` before anything else."""

    since = day_field("Premier jour", DATE)
    until = day_field("Dernier jour", DATE)
    policy = Optionally("Règle de répartition", choices=[UNCHANGED, *_policy_choices()])
    hops = WholeNumber("Associations essayées avant l’équipe", render_kw=NUMERIC)
    association = Optionally("Association")
    objective = WholeNumber("Son objectif serait", render_kw=NUMERIC)
    place = Optionally("Places déclarées")
    places = WholeNumber("Leur nombre serait", render_kw=NUMERIC)
    or_more = BooleanField("ou plus (sans limite)")
    proposal = Optionally("Proposition d’une association")
    programme = Optionally("Ou un programme")
    criteria = TextAreaField("Ses critères seraient", filters=[tidy], render_kw={"spellcheck": "false"})

    written: Written | None = None

    def offer(self, options: Options, policy: Policy) -> None:
        """The closed lists of this side, and the numbers in force."""
        self.options, self.in_force = options, policy
        told = [(one.id, f"{one.name} ({number(one.objective)})") for one in options.objectives]
        self.association.choices = _or_unchanged(told)
        self.place.choices = _or_unchanged([(one.id, f"{one.where} ({_amount(one)})") for one in options.places])
        self.programme.choices = _or_unchanged(
            [(one.id, f"{one.association}, {one.name}") for one in options.programmes]
        )
        pending = [(one.id, f"{one.association}, {one.programme}") for one in options.proposals]
        self.proposal.choices = _or_unchanged(pending)
        self.hops.description = f"Aujourd’hui{NBSP}: {policy.hops}."

    def changes(self) -> Changes | None:
        """What differs from the settings in force, for matching.changes; None when a field says what is wrong."""
        self.validate()
        parts = (self._period(), self._policy(), self._objective(), self._places(), self._criteria())
        found = {name: value for part in parts for name, value in part.items()}
        if not found and not self.errors and self.policy.data:
            self.refuse(french("Ce sont déjà les règles en vigueur : changez-en une, ou autre chose."), "policy")
        elif not found and not self.errors:
            self.refuse("Changez au moins une chose\u00a0: une règle, un objectif, des places ou des critères.")
        return None if self.errors else found

    def _period(self) -> Changes:
        if self.since.errors or self.until.errors:
            return {}
        try:
            check_period(self.since.data, self.until.data)
        except DomainError as error:
            return self._wrong(error.field or "until", error.message)
        return {}

    def _policy(self) -> Changes:
        hops = self.hops.data
        if self.hops.errors:
            return {}
        if hops is not None and not FEWEST_HOPS <= hops <= MOST_HOPS:
            return self._wrong("hops", f"Indiquez un nombre de {FEWEST_HOPS} à {MOST_HOPS}.")
        name, hops = self.policy.data or self.in_force.name.value, hops or self.in_force.hops
        if (name, hops) == (self.in_force.name.value, self.in_force.hops):
            return {}
        return {"policy": {"name": name, "hops": hops}}

    def _objective(self) -> Changes:
        return self._amount_of("association", "objective", lambda key, amount: {"objectives": {key: amount}})

    def _places(self) -> Changes:
        return self._amount_of("place", "places", self._row)

    def _row(self, key: str, amount: int) -> Changes:
        row = next(one for one in self.options.places if str(one.id) == key)
        programme = str(row.programme_id) if row.programme_id else None
        told = {"association": str(row.association_id), "programme": programme, "place": row.place}
        return {"capacities": [{**told, "declared": amount, "or_more": bool(self.or_more.data)}]}

    def _amount_of(self, whose: str, how_many: str, change: Any) -> Changes:
        """A choice and its number go together."""
        key, amount = self[whose].data, self[how_many].data
        if self[how_many].errors or self[whose].errors:
            return {}
        if amount is not None and not key:
            return self._wrong(whose, "Choisissez ce que ce nombre change.")
        if key and amount is None:
            return self._wrong(how_many, "Écrivez un nombre entier, par exemple 120.")
        if amount is not None and amount > MOST_TOLD:
            return self._wrong(how_many, f"Indiquez un nombre entre 0 et {number(MOST_TOLD)}.")
        return change(key, amount) if key else {}

    def _criteria(self) -> Changes:
        proposal, programme, text = self.proposal.data, self.programme.data, self.criteria.data or ""
        if proposal and (programme or text):
            return self._wrong(
                "proposal", "Choisissez une proposition, ou un programme avec ses critères, pas les deux."
            )
        if proposal:
            found = next((one for one in self.options.proposals if str(one.id) == proposal), None)
            return {"criteria": {str(found.programme_id): found.criteria}} if found else {}
        if text and not programme:
            return self._wrong("programme", "Choisissez le programme qui aurait ces critères.")
        if programme and not text:
            return self._wrong("criteria", "Collez les critères que ce programme aurait.")
        return self._written(programme, text) if programme else {}

    def _written(self, programme: str, text: str) -> Changes:
        self.written = read_text(text)
        if self.written.draft is None:
            return self._wrong("criteria", self.written.fault)
        return {"criteria": {programme: write_criteria(self.written.draft)}}

    def _wrong(self, field: str, message: str) -> Changes:
        self.refuse(french(message), field)
        return {}

    def title(self, changes: Changes) -> str:
        """What is asked, in a line of French."""
        told = [self._rules_told(changes["policy"])] if "policy" in changes else []
        told += [
            f"{one.name}{NBSP}: objectif à {number(changes['objectives'][str(one.id)])}"
            for one in self.options.objectives
            if str(one.id) in changes.get("objectives", {})
        ]
        if "capacities" in changes:
            row = next(one for one in self.options.places if str(one.id) == self.place.data)
            told.append(
                f"{row.where}{NBSP}: {plural(self.places.data or 0, 'place')}{' ou plus' if self.or_more.data else ''}"
            )
        told += [
            f"{one.association}, {one.name}{NBSP}: autres critères"
            for one in self.options.programmes
            if str(one.id) in changes.get("criteria", {})
        ]
        words = " ; ".join(told)
        return french(words[:1].upper() + words[1:])

    def _rules_told(self, policy: Mapping[str, Any]) -> str:
        words = (
            policy_words(policy["name"]).partition(NBSP)[0] if policy["name"] == "arm" else policy_words(policy["name"])
        )
        hops = f", {plural(policy['hops'], 'association')} au plus" if policy["hops"] != self.in_force.hops else ""
        return words + hops


def _amount(row: PlaceLine) -> str:
    return plural(row.amount, "place") + (" ou plus" if row.or_more else "")


def usual_days() -> dict[str, Any]:
    """The last ninety days, as long as a proof asks for."""
    today = clock.today()
    return {"since": today - timedelta(days=ENOUGH_DAYS - 1), "until": today}
