"""What declaring an objective would change, in words."""

from portal.operations.objectives import Effect
from portal.web.typography import NBSP, french, number, percent, plural, share


def effects_said(effect: Effect) -> list[dict[str, str]]:
    """Rows for the macro `effects`: attainment, virtual start, and who passes first."""
    rows = [_attainment(effect)]
    if effect.after.declared:
        rows += [_start(effect), _rank(effect), *_stop(effect)]
    return rows


def _attainment(effect: Effect) -> dict[str, str]:
    before, after = effect.before, effect.after
    if not after.declared:
        title = "Plus d’objectif : elle passe après toutes celles qui en ont un"
        return {"icon": "flag", "title": french(title), "text": "", "tone": "bad"}
    was = share(before.committed, before.objective) if before.declared else "sans objectif"
    return {
        "figure": share(after.committed, after.objective),
        "title": french(f"Avancement : {was} → {share(after.committed, after.objective)}"),
        "text": french(f"{plural(after.committed, 'engagée')} sur {number(after.objective)}"),
    }


def _start(effect: Effect) -> dict[str, str]:
    start = effect.after.virtual_start
    if not start:
        words = "Elle se classe dès maintenant sur ce qu’elle a engagé, sans rattrapage à craindre."
        return {"figure": "V = 0", "title": "Pas de départ virtuel", "text": french(words)}
    told = number(start, 0 if start.denominator == 1 else 1)
    words = (
        f"Jusqu’à son objectif, l’ARM compte {told} de plus à l’engagé comme à l’objectif :"
        f" elle se classe à {percent(effect.after.attainment)}, au niveau des autres,"
        " et ne reçoit pas d’un coup toutes les demandes."
    )
    return {"figure": f"V{NBSP}={NBSP}{told}", "title": "Un départ virtuel", "text": french(words)}


def _rank(effect: Effect) -> dict[str, str]:
    first = "Servie la première quand plusieurs conviennent"
    title = f"{plural(effect.ahead, 'association passe', 'associations passent')} avant elle" if effect.ahead else first
    same = effect.ahead == effect.ahead_before
    text = "Comme aujourd’hui." if same else f"Aujourd’hui : {number(effect.ahead_before)}."
    tone = "" if same else "good" if effect.ahead < effect.ahead_before else "bad"
    return {"icon": "list-checks", "title": french(title), "text": french(text), "tone": tone}


def _stop(effect: Effect) -> list[dict[str, str]]:
    if not effect.after.stopped:
        return []
    text = "Elle s’arrête à son objectif, et il est atteint : rien ne lui sera plus proposé."
    return [{"icon": "pause", "title": "Plus de demandes", "text": french(text), "tone": "bad"}]
