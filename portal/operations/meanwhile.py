"""Telling the later of two people who was faster, and when."""

from datetime import datetime

from portal.foundation import clock


def at_hour(instant: datetime) -> str:
    """« à 9 h 14 » today, « le 12/11/2026 à 9 h 14 » before."""
    local = instant.astimezone(clock.PARIS)
    hour = f"à {local.hour}\u00a0h\u00a0{local.minute:02}"
    return hour if local.date() == clock.today() else f"le {local:%d/%m/%Y} {hour}"


def faster(who: str | None, instant: datetime, did: str) -> str:
    """« Samir Aubert a enregistré une version à 9 h 14 ». did: « enregistré une version »."""
    return f"{who or 'Quelqu’un'} a {did} {at_hour(instant)}"
