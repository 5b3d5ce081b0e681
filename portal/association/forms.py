"""What the association's pages ask."""

from datetime import date, timedelta
from typing import Any

from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from matching.vocabulary import Side
from portal.foundation import clock
from portal.models.assignment import BounceReason
from portal.models.bounce import BOUNCES, reasons_for
from portal.operations.assignments import LONGEST_QUESTION, SHORTEST_QUESTION
from portal.web.days import day_field
from portal.web.forms import OneOf, PortalForm, tidy


class BounceForm(PortalForm):
    """Why the request is sent back, in the closed list of its side."""

    reason = OneOf("Pour quelle raison ?", missing="Choisissez une raison.")
    note = TextAreaField(
        "Précisions",
        [Optional()],
        filters=[tidy],
        description="Nécessaire pour « Injoignable » (dates des essais) et « Autre motif ». L’équipe du Collectif les lit.",
    )

    def __init__(self, *args: Any, side: Side, **more: Any) -> None:
        super().__init__(*args, **more)
        self.reason.choices = [SelectChoice(reason.value, BOUNCES[reason].label) for reason in reasons_for(side)]

    @property
    def chosen(self) -> BounceReason:
        return BounceReason(self.reason.data)


class QuestionForm(PortalForm):
    """What must be known before answering, and until when the request is kept."""

    question = TextAreaField(
        "Votre question",
        [
            DataRequired("Écrivez votre question."),
            Length(
                SHORTEST_QUESTION,
                LONGEST_QUESTION,
                f"Écrivez une question de {SHORTEST_QUESTION} à {LONGEST_QUESTION} caractères.",
            ),
        ],
        filters=[tidy],
        description="Ce qu’il vous manque pour répondre : un niveau, un horaire, un trajet… Ni nom ni autre donnée"
        " personnelle : ce n’est pas nécessaire.",
    )
    until = day_field("Garder la demande jusqu’au", "Choisissez un jour.")


class PostponeForm(PortalForm):
    """Until when the association keeps a request it will answer later."""

    until = day_field("Répondre au plus tard le", "Choisissez un jour.")


class PauseForm(PortalForm):
    """When the association takes nothing more, and when it is back."""

    first = day_field("Premier jour de pause", "Choisissez le premier jour.")
    back = day_field("Jour du retour", description="Laissez vide si vous ne le savez pas encore.")


def tomorrow() -> date:
    return clock.today() + timedelta(days=1)
