"""A comparison as tables of text, in French, for a terminal or a mail."""

from collections.abc import Callable, Sequence

from matching.comparison import Comparison, Figure, Figures, Interval
from matching.decision import Why
from matching.ranking import PolicyName

Named = Callable[[str], str]
Row = tuple[str, ...]
SHOWN = 20
NONE = "–"
MINUS = "−"

COUNTED = {
    "served": "Accueillies, renoncements compris",
    "placed": "Placées à la fin",
    "placed_at_once": "Placées dès l’arrivée",
    "waitlisted": "En liste d’attente à la fin",
    "withdrawn": "Retirées",
    "hops": "Réorientations",
    "days_median": "Jours avant l’offre gardée, médiane",
    "days_p90": "Jours avant l’offre gardée, neuf sur dix",
    "lowest": "Plus bas taux d’atteinte",
    "tenth_percentile": "Taux d’atteinte du dernier dixième",
    "gini": "Indice de Gini",
    "jain": "Indice de Jain",
    "mean_shortfall": "Part moyenne de l’objectif non atteinte",
}


def tables(comparison: Comparison, name: Named) -> str:
    """Figures, associations, communes and requests that move; `name` puts an association or a place in words."""
    before, after = comparison.before, comparison.after
    parts = [
        f"{_policy(before)} → {_policy(after)}",
        f"Demandes\u00a0: {before.received}. Tirages des réponses\u00a0: {comparison.seeds}.",
        _faithful(comparison),
        _table(("", "Avant", "Après", "Écart (de … à …)"), _figures(comparison)),
        _table(("Association", "Objectif", "Avant", "Après"), _associations(comparison, name)),
        _communes("Communes qui ne sont plus servies", comparison.lost, name),
        _communes("Communes servies en plus", comparison.gained, name),
        _moves(comparison, name),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def number(value: Figure) -> str:
    """As French writes it."""
    if value is None:
        return NONE
    return f"{value:.4g}".replace(".", ",").replace("-", MINUS) if isinstance(value, float) else f"{value}"


def share(committed: int, objective: int) -> str:
    """Committed of an objective, in whole percents rounded down."""
    return f"{committed} ({100 * committed // objective}\u00a0%)" if objective else f"{committed}"


def _policy(figures: Figures) -> str:
    return f"«\u00a0{PolicyName(figures.policy).label}\u00a0»"


def _faithful(comparison: Comparison) -> str:
    if not comparison.recorded:
        return ""
    return (
        f"Le premier choix rejoué est celui qui fut réellement fait pour {comparison.same} demandes "
        f"sur {comparison.recorded}."
    )


def _figures(comparison: Comparison) -> list[Row]:
    before, after = comparison.before, comparison.after
    rows: list[Row] = [
        (label, number(getattr(before, key)), number(getattr(after, key)), _interval(comparison.differences[key]))
        for key, label in COUNTED.items()
    ]
    for why in Why:
        counts = before.unroutable.get(why, 0), after.unroutable.get(why, 0)
        if any(counts):
            rows.append((f"Sans association\u00a0: {why.label}", *map(str, counts), ""))
    return rows


def _interval(interval: Interval) -> str:
    if interval.middle is None:
        return NONE
    return f"{_signed(interval.middle)} ({_signed(interval.low)} à {_signed(interval.high)})"


def _signed(value: Figure) -> str:
    return f"+{number(value)}" if value and value > 0 else number(value).replace("-", MINUS)


def _associations(comparison: Comparison, name: Named) -> list[Row]:
    rows: list[Row] = []
    for key, before, after in comparison.associations:
        objectives = list(dict.fromkeys(str(objective) for _, objective in (before, after)))
        rows.append((name(key), " → ".join(objectives), share(*before), share(*after)))
    return rows


def _communes(title: str, communes: Sequence[str], name: Named) -> str:
    return f"{title}\u00a0: {', '.join(map(name, communes))}." if communes else ""


def _moves(comparison: Comparison, name: Named) -> str:
    moves = comparison.moved
    if not moves:
        return "Aucune demande ne change d’association."
    rows = [(each.request, *(name(key) if key else NONE for key in each[1:])) for each in moves[:SHOWN]]
    shown = f" Les {SHOWN} premières\u00a0:" if len(moves) > SHOWN else ""
    title = f"Demandes qui changent d’association\u00a0: {len(moves)}.{shown}"
    return f"{title}\n{_table(('Demande', 'Avant', 'Après'), rows)}"


def _table(head: Row, rows: Sequence[Row]) -> str:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)
