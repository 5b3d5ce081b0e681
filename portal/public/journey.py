"""Where a request is, in the words of whoever follows it: a title, a line under it, and the thread of its steps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypedDict

from flask_babel import gettext as _
from markupsafe import Markup

from matching.vocabulary import Channel, Modality, Need, Side
from portal.foundation import clock
from portal.foundation.config import settings
from portal.models.assignment import TO_ANSWER, AssignmentState
from portal.models.referral import Awaited, ReferralState
from portal.public.form import Voice
from portal.public.questions.situation import joined
from portal.queries.tracking import Tracked, TrackedAssignment
from portal.web.typography import day_long, listed, moment, plural

ENDED = frozenset({ReferralState.WITHDRAWN, ReferralState.CLOSED, ReferralState.MERGED})


class Knot(TypedDict, total=False):
    """One step of the thread. state: done, here, todo or stopped. association: drawn as a card under the title."""

    title: str
    when: str
    state: str
    body: str | Markup
    association: str


@dataclass(frozen=True)
class Headline:
    """The finding of the page, and what to do about it."""

    title: str
    lead: str


def voice_of(request: Tracked) -> Voice:
    if request.side is Side.MENTOR:
        return Voice.MENTOR
    return Voice.YOUNG if request.channel is Channel.SELF else Voice.REFERRER


def link_of(request: Tracked) -> str:
    """The tracking link, absolute, as it is mailed."""
    return f"{settings().base_url}/suivi/{request.tracking_token}"


def pick(request: Tracked, young: str, referrer: str, mentor: str) -> str:
    """The words that suit who reads."""
    return {Voice.YOUNG: young, Voice.REFERRER: referrer, Voice.MENTOR: mentor}[voice_of(request)]


def owned(request: Tracked) -> str:
    """« ta demande », « la demande de Sami », « votre proposition »."""
    named = _("la demande de %(name)s", name=request.first_name) if request.first_name else _("la demande")
    return pick(request, _("ta demande"), named, _("votre proposition"))


def greeting(request: Tracked) -> str:
    if voice_of(request) is Voice.REFERRER or not request.first_name:
        return _("Bonjour")
    return _("Bonjour %(name)s", name=request.first_name)


# ---- the title ----


def headline_of(request: Tracked, *, asked: bool = False) -> Headline:
    """asked: the association that has the request awaits the answer to a question."""
    hello, what, current = greeting(request), owned(request), request.current
    if asked and current is not None:
        return _asking(request, current)
    if request.state is ReferralState.PLACED and current is not None:
        return _in_charge(request, current)
    titles = {
        ReferralState.AWAITING_CONSENT: (_("%(hello)s, il manque une confirmation."), awaited_line(request)),
        ReferralState.AWAITING_APPLICANT: (_("%(hello)s, toujours d’accord ?"), pick(request, _("Une association n’a pas réussi à te joindre. Reprends ta demande : elle ira vers une autre. Si tes coordonnées ont changé, écris-nous."), _("Une association n’a pas réussi à joindre la personne. Reprenez la demande : elle ira vers une autre. Si ses coordonnées ont changé, écrivez-nous."), _("Une association n’a pas réussi à vous joindre. Reprenez votre proposition : elle ira vers une autre. Si vos coordonnées ont changé, écrivez-nous."))),
        ReferralState.TO_ROUTE: (_("%(hello)s, %(what)s est en route."), _("Elle arrive chez une association dans les minutes qui viennent.")),
        ReferralState.WAITLISTED: (_("%(hello)s, %(what)s attend une place."), _("Des associations conviennent, mais elles sont complètes. La demande part dès qu’une place s’ouvre, avec sa date d’origine.")),
        ReferralState.UNROUTABLE: (_("%(hello)s, nous cherchons pour %(what)s."), _("Aucune association ne correspond encore : l’équipe du Collectif s’en occupe, et vous préviendra.") if voice_of(request) is not Voice.YOUNG else _("Aucune association ne correspond encore : l’équipe du Collectif s’en occupe, et te préviendra.")),
        ReferralState.WITHDRAWN: (_("%(hello)s, %(what)s est retirée."), _("Plus aucune association ne la voit.")),
        ReferralState.CLOSED: (_("%(hello)s, %(what)s est terminée."), pick(request, _("Tu peux en faire une autre quand tu veux."), _("Vous pouvez en faire une autre à tout moment."), _("Vous pouvez en faire une autre à tout moment."))),
        ReferralState.MERGED: (_("%(hello)s, %(what)s est réunie avec une autre."), _("Une demande identique est déjà suivie : c’est elle qui continue.")),
    }  # fmt: skip
    title, lead = titles.get(request.state, titles[ReferralState.TO_ROUTE])
    return Headline(title % {"hello": hello, "what": what}, lead)


def _asking(request: Tracked, current: TrackedAssignment) -> Headline:
    now_it_is = pick(
        request,
        _("C’est à toi : elle en a besoin avant de dire oui."),
        _("C’est à vous : elle en a besoin avant de dire oui."),
        _("C’est à vous : elle en a besoin avant de dire oui."),
    )
    return Headline(
        _("%(hello)s, %(who)s a une question.", hello=greeting(request), who=current.association), now_it_is
    )


def _in_charge(request: Tracked, current: TrackedAssignment) -> Headline:
    who, hello, what = current.association, greeting(request), owned(request)
    if current.state in TO_ANSWER:
        due = _("Réponse attendue avant le %(day)s.", day=day_long(current.due_at))
        calm = pick(
            request, _("Rien à faire de ton côté."), _("Rien à faire de votre côté."), _("Rien à faire de votre côté.")
        )
        return Headline(_("%(hello)s, %(who)s a %(what)s.", hello=hello, who=who, what=what), f"{due} {calm}")
    said = {
        AssignmentState.ACCEPTED: (_("%(hello)s, %(who)s a dit oui."), pick(request, _("L’association va te contacter : garde un œil sur ton téléphone et tes messages."), _("L’association va prendre contact."), _("L’association va vous contacter."))),
        AssignmentState.CONTACTED: (_("%(hello)s, le contact est pris."), pick(request, _("%(who)s te cherche un mentor."), _("%(who)s cherche un mentor."), _("%(who)s prépare une rencontre avec un jeune."))),
        AssignmentState.UNREACHABLE: (_("%(hello)s, %(who)s cherche à vous joindre.") if voice_of(request) is not Voice.YOUNG else _("%(hello)s, %(who)s cherche à te joindre."), pick(request, _("Regarde ton téléphone et tes messages, courrier indésirable compris."), _("Vérifiez téléphone et messages, courrier indésirable compris."), _("Vérifiez téléphone et messages, courrier indésirable compris."))),
        AssignmentState.PAIRED: (pick(request, _("%(hello)s, tu as un mentor."), _("%(hello)s, un mentor est trouvé."), _("%(hello)s, vous êtes mentor.")), _("%(who)s suit le binôme.")),
    }  # fmt: skip
    title, lead = said.get(current.state, said[AssignmentState.CONTACTED])
    return Headline(title % {"hello": hello, "who": who}, lead % {"who": who})


def awaited_line(request: Tracked) -> str:
    """What is missing before the request goes anywhere."""
    address = pick(
        request,
        _("la confirmation de ton adresse"),
        _("la confirmation de votre adresse"),
        _("la confirmation de votre adresse"),
    )
    guardian = _("l’accord d’un parent, avant 15 ans")
    missing = [
        words for what, words in ((Awaited.ADDRESS, address), (Awaited.GUARDIAN, guardian)) if what in request.awaiting
    ]
    return _("Il manque %(what)s. Rien n’est transmis avant.", what=listed(missing))


# ---- the thread ----


def journey_of(request: Tracked) -> list[Knot]:
    """Every step, from the first to the last to come."""
    now = clock.now()
    received: Knot = {"title": _("Reçue"), "when": moment(request.received_at, now=now), "state": "done"}
    knots = [received, *_awaited(request), *_earlier(request)]
    if request.state in ENDED:
        return [*knots, _ending(request)]
    current = request.current
    if request.state is ReferralState.PLACED and current is not None:
        return [*knots, *_with(request, current)]
    return [*knots, *_without(request)]


def _awaited(request: Tracked) -> Iterator[Knot]:
    limits = {
        Awaited.ADDRESS: request.received_at + timedelta(hours=settings().unconfirmed_hours),
        Awaited.GUARDIAN: request.received_at + timedelta(days=settings().guardian_days),
    }
    titles = {
        Awaited.ADDRESS: pick(
            request, _("Confirmer ton adresse"), _("Confirmer votre adresse"), _("Confirmer votre adresse")
        ),
        Awaited.GUARDIAN: pick(request, _("Accord de ton parent"), _("Accord de son parent"), _("Accord du parent")),
    }
    for awaited in (Awaited.ADDRESS, Awaited.GUARDIAN):
        if awaited in request.awaiting and request.state is ReferralState.AWAITING_CONSENT:
            until = _("avant %(when)s, sinon tout est effacé", when=moment(limits[awaited], now=clock.now()))
            yield {"title": titles[awaited], "when": until, "state": "here"}


def _earlier(request: Tracked) -> Iterator[Knot]:
    reasons = {
        AssignmentState.EXPIRED: _("Sans réponse à temps : la demande est repartie, avec sa date d’origine."),
        AssignmentState.BOUNCED: _("Elle ne pouvait pas : la demande est repartie, avec sa date d’origine."),
    }
    for one in request.assignments:
        if one.closed_at is not None:
            yield {
                "title": _("Confiée à %(who)s", who=one.association),
                "when": moment(one.offered_at, now=clock.now()),
                "body": reasons.get(one.state, ""),
                "state": "done",
            }


def _ending(request: Tracked) -> Knot:
    title = {
        ReferralState.WITHDRAWN: _("Retirée"),
        ReferralState.CLOSED: _("Terminée"),
        ReferralState.MERGED: _("Réunie avec une autre demande"),
    }[request.state]
    return {"title": title, "when": moment(request.state_since, now=clock.now()), "state": "stopped"}


def _without(request: Tracked) -> Iterator[Knot]:
    """No association has it now."""
    since = _("depuis %(when)s", when=moment(request.state_since, now=clock.now()))
    here = {
        ReferralState.AWAITING_APPLICANT: (_("Précision attendue"), since),
        ReferralState.TO_ROUTE: (_("Recherche d’une association"), since),
        ReferralState.WAITLISTED: (_("En attente d’une place"), since),
        ReferralState.UNROUTABLE: (_("L’équipe du Collectif cherche"), since),
    }.get(request.state)
    if here is None:
        yield {"title": _("Une association la reçoit"), "when": _("aussitôt après"), "state": "todo"}
    else:
        yield {"title": here[0], "when": here[1], "state": "here"}
    days, late = settings().expiry_days, settings().late_working_days
    answer = _(
        "relancée après %(late)s, %(days)s au plus",
        late=plural(late, "jour ouvré", "jours ouvrés"),
        days=plural(days, "jour"),
    )
    yield {"title": _("Sa réponse"), "when": answer, "state": "todo"}
    yield from _to_come(request, done=0)


def _with(request: Tracked, current: TrackedAssignment) -> Iterator[Knot]:
    now = clock.now()
    waiting = current.state in TO_ANSWER
    yield {
        "title": _("Confiée à %(who)s", who=current.association),
        "when": moment(current.offered_at, now=now),
        "state": "here" if waiting else "done",
        "association": current.association if waiting else "",
    }
    if waiting:
        until = _(
            "avant %(when)s. Sinon la demande passe à la suivante, avec sa date d’origine.",
            when=moment(current.due_at, now=now),
        )
        yield {"title": _("Réponse"), "when": until, "state": "todo"}
    else:
        when = moment(current.answered_at, now=now) if current.answered_at else ""
        yield {"title": _("Acceptée par %(who)s", who=current.association), "when": when, "state": "done"}
    done = {AssignmentState.CONTACTED: 1, AssignmentState.PAIRED: 2}.get(current.state, 0)
    yield from _to_come(request, done=done, begun=not waiting)


def _to_come(request: Tracked, *, done: int, begun: bool = False) -> Iterator[Knot]:
    """First contact, then the meeting. done: how many are past; begun: the next one is where we are."""
    last = pick(request, _("Ton mentor"), _("Son mentor"), _("Un jeune à accompagner"))
    for rank, title in enumerate((_("Premier contact"), last)):
        state = "done" if rank < done else "here" if begun and rank == done else "todo"
        yield {"title": title, "state": state}


# ---- what was asked ----


def facts_of(request: Tracked) -> list[tuple[str, Any]]:
    """The little that the page repeats: needs, place, ways of meeting."""
    needs = joined(sorted(request.profile.needs or ()), Need)
    ways = request.profile.modalities or frozenset()
    meeting = (
        _("à distance")
        if ways == {Modality.REMOTE}
        else _("en présence")
        if Modality.REMOTE not in ways
        else _("en présence ou à distance")
    )
    place = f"{request.profile.home}, {meeting}" if request.profile.home else meeting
    asked = _("Envies") if request.side is Side.MENTOR else _("Besoins")
    return [(asked, needs or _("à préciser")), (_("Lieu"), place)]
