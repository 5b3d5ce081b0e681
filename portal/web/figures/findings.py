"""Titles that state the finding: small pure functions of figures. The first that has something to say is the title."""

from collections.abc import Mapping, Sequence
from datetime import date

from portal.queries.figures import SideFigures, Tally
from portal.web.typography import MONTHS, NBSP, number, percent, plural, share

CHANGE_WORTH_TELLING = 0.1
DELAY_WORTH_TELLING = 0.2  # days
FEW = 5
WAITING_SHARE = 0.05
REASON_SHARE = 0.3
KEPT_WELL = 0.95
WEEKS_COMPARED = 4
ENOUGH = 40  # below, a change from one month to the next is chance
FEW_REASONS = 10
BACK_TO_SCHOOL = ((8, 25), (9, 21))
WORDS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")


def days_said(days: float | None, *, long: bool = False) -> str:
    """« 3,8 j », or « 3,8 jours »; a dash when unknown."""
    if days is None:
        return "—"
    return f"{number(days, 1)}{NBSP}" + (("jour" if days < 2 else "jours") if long else "j")  # noqa: PLR2004 - grammar


def in_words(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else number(count)


def change(now: float, before: float | None) -> float | None:
    """How much more, as a share of before; None when nothing can be said."""
    return (now - before) / before if before else None


def change_said(now: float, before: float | None) -> str:
    """« 12 % de plus », « autant »; nothing when there is nothing to compare with."""
    found = change(now, before)
    if found is None:
        return ""
    rounded = round(abs(found) * 100)
    return f"{number(rounded)}{NBSP}% de {'plus' if found > 0 else 'moins'}" if rounded else "autant"


def share_said(part: int, whole: int) -> str:
    """« 83 % »; a dash when the part is more than the whole: it is then of other requests."""
    return "—" if part > whole else share(part, whole)


def delay_change_said(now: float | None, before: float | None) -> str:
    """« 1,3 j de moins »."""
    if now is None or before is None:
        return ""
    difference = round(now - before, 1)
    return f"{days_said(abs(difference))} de {'plus' if difference > 0 else 'moins'}" if difference else "autant"


def tone(now: float | None, before: float | None, *, less_is_better: bool = False) -> str:
    """« good » or « bad »; nothing when it has not moved."""
    if now is None or before is None or now == before:
        return ""
    return "good" if (now < before) is less_is_better else "bad"


def network_finding(figures: SideFigures, no_place: int, who: str) -> str:
    """The staff page's title. who: « jeunes » or « bénévoles »."""
    received, now = figures.now.total("received"), figures.now.median_days("accepted", "wait")
    before = figures.before.median_days("accepted", "wait") if figures.before else None
    if not received and not figures.now.total("offered"):
        return "Aucune demande sur cette période"
    return (
        _waiting(no_place, received)
        or _delay_crossed(now, before)
        or _delay_moved(now, before)
        or _received_moved(received, figures.before, who)
        or _delay_stated(now)
        or f"{plural(received, 'demande reçue', 'demandes reçues')}, {plural(figures.now.total('accepted'), 'acceptée')}"
    )


def _waiting(no_place: int, received: int) -> str:
    if no_place < FEW or no_place < WAITING_SHARE * received:
        return ""
    return f"{plural(no_place, 'demande attend', 'demandes attendent')} une place"


def _delay_crossed(now: float | None, before: float | None) -> str:
    """A whole number of days that the median has passed, either way."""
    if now is None or before is None or abs(now - before) < DELAY_WORTH_TELLING:
        return ""
    if int(now) < int(before) and now < int(before):
        return f"Le délai médian est passé sous {_days(int(now) + 1)}"
    if int(now) > int(before):
        return f"Le délai médian a dépassé {_days(int(now))}"
    return ""


def _days(whole: int) -> str:
    return f"{in_words(whole)} jour" + ("s" if whole > 1 else "")


def _delay_moved(now: float | None, before: float | None) -> str:
    if now is None or before is None or abs(now - before) < DELAY_WORTH_TELLING:
        return ""
    way = "a baissé" if now < before else "s’allonge"
    return f"Le délai médian {way}{NBSP}: {days_said(now, long=True)}, {delay_change_said(now, before)}"


def _received_moved(received: int, before: Tally | None, who: str) -> str:
    return moved(received, before.total("received") if before else None, who)


def moved(now: float, before: float | None, who: str = "") -> str:
    """How a whole period compares with the one before it: what a page and its chart both say; "" when not much."""
    found = change(now, before)
    if before is None or found is None or abs(found) < CHANGE_WORTH_TELLING or now + before < ENOUGH:
        return ""
    whose = f"Les demandes de {who}" if who else "Les demandes"
    return f"{whose} {'montent' if found > 0 else 'reculent'}{NBSP}: {change_said(now, before)}"


def _delay_stated(now: float | None) -> str:
    return f"La moitié des accords viennent en {days_said(now, long=True)}" if now is not None else ""


def association_finding(figures: SideFigures, network_days: float | None) -> str:
    """An association's title: its delay beside the network's, else why it sends back, else what it formed."""
    now = figures.now
    if not now.total("offered") and not now.total("accepted"):
        return "Aucune demande sur cette période"
    return _beside_network(now.answering_days(), network_days) or _reason(now) or _formed(now)


def _beside_network(own: float | None, network: float | None) -> str:
    if own is None or network is None or round(abs(own - network), 1) < DELAY_WORTH_TELLING:
        return ""
    if own < network:
        return f"Vous répondez plus vite que le réseau{NBSP}: {days_said(own)} contre {days_said(network)}"
    return f"Vous répondez en {days_said(own, long=True)}, le réseau en {number(network, 1)}"


def _reason(now: Tally) -> str:
    bounced, offered = now.total("bounced"), now.total("offered")
    if bounced < FEW or bounced < REASON_SHARE * offered:
        return ""
    return f"{percent(bounced / offered)} des demandes sont réorientées"


def _formed(now: Tally) -> str:
    paired = now.total("paired")
    if paired:
        return f"{plural(paired, 'binôme formé', 'binômes formés')}, {plural(now.total('accepted'), 'demande acceptée', 'demandes acceptées')}"
    return f"{plural(now.total('offered'), 'demande reçue', 'demandes reçues')}, {plural(now.total('accepted'), 'acceptée')}"


def people_finding(young: int, volunteers: int) -> str:
    """« 9 682 jeunes et 5 758 bénévoles ont demandé un mentorat »; those that nobody counts are left out."""
    told = [plural(n, one) for n, one in ((young, "jeune"), (volunteers, "bénévole")) if n]
    verb = "a" if young + volunteers < 2 else "ont"  # noqa: PLR2004 - grammar
    return f"{' et '.join(told)} {verb} demandé un mentorat" if told else "Le mentorat en chiffres"


def weeks_finding(values: Sequence[int]) -> str:
    """How the last four weeks compare with the four before, else the usual week."""
    if not any(values):
        return "Rien à compter sur cette période"
    if len(values) >= 2 * WEEKS_COMPARED:
        last, before = sum(values[-WEEKS_COMPARED:]), sum(values[-2 * WEEKS_COMPARED : -WEEKS_COMPARED])
        found = change(last, before)
        if found is not None and abs(found) >= CHANGE_WORTH_TELLING and last + before >= ENOUGH:
            way = "montent" if found > 0 else "retombent"
            return f"Les demandes {way}{NBSP}: {change_said(last, before)} en quatre semaines"
    return f"Autour de {plural(round(sum(values) / len(values)), 'demande')} par semaine"


def peak_said(monday: date, value: int) -> tuple[str, str]:
    """The busiest week, in words and in fewer words."""
    low, high = BACK_TO_SCHOOL
    if low <= (monday.month, monday.day) <= high:
        return f"rentrée{NBSP}: {number(value)} en une semaine", f"rentrée{NBSP}: {number(value)}"
    day = "1er" if monday.day == 1 else str(monday.day)
    return f"semaine du {day}{NBSP}{MONTHS[monday.month - 1]}{NBSP}: {number(value)}", number(value)


STEPS = {
    "placed": "Trouver une place",
    "accepted": "L’accord",
    "contacted": "Le premier contact",
    "paired": "Le binôme",
}


def weakest_step(steps: Mapping[str, int]) -> str | None:
    """Where most are lost, of what the step before kept; None when next to nothing is."""
    names, values = list(steps), list(steps.values())
    kept = {names[at]: values[at] / values[at - 1] for at in range(1, len(names)) if values[at - 1]}
    worst = min(kept, key=lambda name: kept[name], default=None)
    return worst if worst and kept[worst] < KEPT_WELL else None


def funnel_finding(steps: Mapping[str, int]) -> str:
    worst = weakest_step(steps)
    if not any(steps.values()):
        return "De la demande au binôme"
    return f"{STEPS[worst]}, étape fragile" if worst in STEPS else "Presque personne ne se perd en route"


def map_finding(counts: Mapping[str, int], what: str = "des demandes") -> str:
    """« Trois départements font 16 % des demandes »."""
    whole, first = sum(counts.values()), sorted(counts.values(), reverse=True)[:3]
    if not whole:
        return "Aucun département pour l’instant"
    if len(first) == 1:
        return f"Tout vient d’un département{NBSP}: {plural(whole, 'demande')}"
    return f"{in_words(len(first)).capitalize()} départements font {percent(sum(first) / whole)} {what}"


def group_finding(left: Mapping[str, int], right: Mapping[str, int], fallback: str) -> str:
    """« Jeunes surtout 15-17 ans, bénévoles 31-40 ans », or what both sides have most of."""
    most = {
        who: max(counts, key=lambda name: counts[name])
        for who, counts in (("jeunes", left), ("bénévoles", right))
        if any(counts.values())
    }
    names = {name[:1].lower() + name[1:] if name[1:2].islower() else name for name in most.values()}
    if not most:
        return fallback
    if len(names) == 1:
        return f"Surtout {names.pop()}"
    young, old = (name[:1].lower() + name[1:] for name in most.values())
    return f"Jeunes surtout {young}, bénévoles {old}"


def first_of(counts: Mapping[str, int], whole: int, fallback: str) -> str:
    """« Plus de place : 23 % »: the most frequent, as a share; fallback when there are too few, or two of them."""
    first = [name for name, n in counts.items() if n == max(counts.values())]
    if len(first) != 1 or whole < FEW_REASONS:
        return fallback
    name = first[0]
    return f"{name}{NBSP}: {percent(counts[name] / whole)}"
