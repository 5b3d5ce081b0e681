"""What staff write down of a company's request."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from wtforms import HiddenField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Optional

from admin.fields import line_field, version_of
from admin.filters import id_of
from portal.models.company import LeadState
from portal.operations.leads import LONGEST_ACTION, LONGEST_NOTE, NextStep
from portal.queries.leads import STATE_LABELS
from portal.web.days import day_field
from portal.web.forms import OneOfMenu, PortalForm, tidy

NOBODY = "personne"


class StepForm(PortalForm):
    """Where the request goes from here. owners: who may follow it, by id."""

    state = OneOfMenu("État", missing="Choisissez un état.")
    owner_id = OneOfMenu("Suivie par", missing="Choisissez une personne.")
    next_action = line_field("Prochaine action", longest=LONGEST_ACTION)
    next_action_on = day_field("Pour le")
    note = TextAreaField(
        "Ce qui s’est dit",
        [Optional(), Length(max=LONGEST_NOTE, message=f"Restez sous {LONGEST_NOTE} caractères.")],
        filters=[tidy],
        description="Gardé chiffré, lu par l’équipe du Collectif seulement.",
    )
    version = HiddenField()

    def __init__(self, *args: Any, owners: Mapping[UUID, str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.state.choices = [SelectChoice(state.value, STATE_LABELS[state]) for state in LeadState]
        self.owner_id.choices = [
            SelectChoice(NOBODY, "Personne"),
            *(SelectChoice(str(key), name) for key, name in owners.items()),
        ]

    @property
    def seen(self) -> int:
        return version_of(self.version.data)

    @property
    def step(self) -> NextStep:
        on: date | None = self.next_action_on.data
        return NextStep(
            state=LeadState(self.state.data),
            owner_id=id_of(self.owner_id.data),
            next_action=self.next_action.data or "",
            next_action_on=on,
            note=self.note.data or "",
        )
