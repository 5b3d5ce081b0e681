"""What an association asks before it says yes, and what it is told: both on the tracking page."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from portal.models.assignment import TO_ANSWER
from portal.public.form import Voice
from portal.queries.clarifications import ClarificationView, clarifications_of
from portal.queries.tracking import Tracked
from portal.web.forms import PortalForm, tidy

LONGEST_ANSWER = 1_000


class AnswerForm(PortalForm):
    """answer: 1 to LONGEST_ANSWER characters, on as many lines as one likes."""

    answer = TextAreaField(
        validators=[
            DataRequired(_("La réponse est vide : quelques mots suffisent.")),
            Length(max=LONGEST_ANSWER, message=_("Ce texte est trop long : %(max)d caractères au plus.")),
        ],
        filters=[tidy],
        render_kw={"autocomplete": "off"},
    )

    def adapt(self, voice: Voice) -> None:
        self.answer.label.text = _("Ta réponse") if voice is Voice.YOUNG else _("Votre réponse")


@dataclass(frozen=True)
class Exchange:
    """told: the questions already answered, oldest first. awaited: the one to answer now, if any."""

    told: list[ClarificationView]
    awaited: ClarificationView | None


def exchange_of(request: Tracked) -> Exchange:
    """A question is to answer while the association that asked it still has the request, and has not said yes."""
    everything = clarifications_of([request.id]).get(request.id, [])
    current = request.current
    since = current.offered_at if current is not None and current.state in TO_ANSWER else None
    silent = (one for one in everything if one.answer is None and since is not None and one.asked_at >= since)
    return Exchange([one for one in everything if one.answer is not None], next(silent, None))
