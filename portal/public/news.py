"""Which steps of a request are told by mail: whoever made it chooses, on the tracking page."""

from flask_babel import lazy_gettext as _

from portal.models.referral import News
from portal.public.form import Voice
from portal.queries.tracking import Tracked
from portal.web.forms import OneOf, PortalForm, option

LABELS = {
    News.EVERY_STEP: _("À chaque étape"),
    News.OUTCOME: _("Seulement la réponse"),
    News.NONE: _("Rien"),
}
HINTS = {
    News.EVERY_STEP: _("Confiée, en attente d’une place, acceptée, en binôme, terminée."),
    News.OUTCOME: _("Quand une association a dit oui, ou que la demande se termine."),
    News.NONE: _("Tout se lit sur cette page."),
}


class NewsForm(PortalForm):
    """news: one of News."""

    news = OneOf(
        _("Ce que je reçois par e-mail"),
        missing=_("Choisir l’une des trois réponses."),
        choices=[option(level.value, LABELS[level], hint=HINTS[level]) for level in News],
    )

    def adapt(self, voice: Voice) -> None:
        """What needs an answer is mailed whatever is chosen, and the page says so."""
        always = {
            True: _("Les messages qui attendent ta réponse partent toujours."),
            False: _("Les messages qui attendent votre réponse partent toujours."),
        }
        self.news.description = always[voice is Voice.YOUNG]


def news_form(request: Tracked) -> NewsForm:
    return NewsForm(data={"news": request.news.value})
