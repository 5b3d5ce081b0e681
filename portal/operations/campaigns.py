"""Opening, amending and dropping campaigns: dated, never overlapping, each starting from the last one's figures."""

from collections.abc import Collection
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from psycopg.errors import ExclusionViolation
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError

from matching.vocabulary import Side
from portal.foundation import clock
from portal.foundation.errors import DomainError
from portal.foundation.extensions import db
from portal.foundation.locks import share_openings
from portal.foundation.queue import Job, enqueue
from portal.foundation.tenancy import current_scope
from portal.foundation.transactions import after_commit
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.event import EventName, JournalAct
from portal.models.objective import Objective
from portal.operations.history import happened, journal
from portal.queries.campaigns import Stage, anything_validated, campaign_across, campaign_before, stage_of

LONGEST_DAYS = 731
FURTHEST_DAYS = 1096  # three years
FIRST_YEAR = 2000
LONGEST_NAME = 80


def open_campaign(name: str, starts_on: date, ends_on: date, *, by: UUID) -> Campaign:
    """A campaign from today at the earliest; the last one's objectives, provisional, and places come with it.

    Raises DomainError on "starts_on" or "ends_on".
    """
    _hold()
    if starts_on < clock.today():
        raise DomainError("Une campagne commence aujourd’hui au plus tôt.", field="starts_on")
    _check(starts_on, ends_on)
    campaign = Campaign(name=name, starts_on=starts_on, ends_on=ends_on)
    db.session.add(campaign)
    _flush()
    before = campaign_before(starts_on)
    if before is not None:
        carry_objectives(before, campaign, by=by)
        carry_places(before, campaign)
    _tell(campaign, "opened")
    return campaign


def amend_campaign(campaign: Campaign, name: str, starts_on: date, ends_on: date) -> None:
    """Its name at any time; its dates as long as no day that is already lived changes campaign."""
    _hold()
    _check_days(campaign, starts_on, ends_on)
    if (starts_on, ends_on) != (campaign.starts_on, campaign.ends_on):
        _check(starts_on, ends_on, campaign.id)
    campaign.name, campaign.starts_on, campaign.ends_on = name, starts_on, ends_on
    _flush()
    _tell(campaign, "amended")


def furthest_day() -> date:
    """The last day that a campaign may have, today."""
    return clock.today() + timedelta(days=FURTHEST_DAYS)


def drop_campaign(campaign: Campaign) -> None:
    """Only one that has not begun, and in which nobody has validated an objective yet."""
    if stage_of(campaign) is not Stage.FUTURE:
        raise DomainError("Une campagne commencée ne se supprime pas\u00a0: ses demandes y sont comptées.")
    if anything_validated(campaign.id):
        raise DomainError("Des objectifs y sont déjà validés\u00a0: changez plutôt ses dates.")
    db.session.execute(delete(Objective).where(Objective.campaign_id == campaign.id))
    db.session.execute(delete(Capacity).where(Capacity.campaign_id == campaign.id))
    db.session.delete(campaign)
    _flush()
    _tell(campaign, "dropped")


def carry_again(campaign: Campaign, *, by: UUID | None) -> None:
    """What has changed in the last campaign since it was carried over; validated objectives stay as they are.

    Raises DomainError once the campaign has begun: its places are then the associations' own.
    """
    if stage_of(campaign) is not Stage.FUTURE:
        raise DomainError("Cette campagne a commencé\u00a0: ses objectifs et ses places sont les siens.")
    before = campaign_before(campaign.starts_on)
    if before is None:
        return
    kept = _validated(campaign)
    for one in db.session.scalars(select(Objective).where(Objective.campaign_id == campaign.id)):
        if (one.association_id, one.side) not in kept:
            db.session.delete(one)
    db.session.execute(delete(Capacity).where(Capacity.campaign_id == campaign.id))
    db.session.flush()
    carry_objectives(before, campaign, by=by, but=kept)
    carry_places(before, campaign)
    _tell(campaign, "carried")


def _validated(campaign: Campaign) -> set[tuple[UUID, Side]]:
    """Whose objective is more than a provisional one."""
    query = select(Objective.association_id, Objective.side).where(
        Objective.campaign_id == campaign.id, Objective.provisional.is_(False)
    )
    return {(row.association_id, row.side) for row in db.session.execute(query)}


def carry_objectives(
    before: Campaign, campaign: Campaign, *, by: UUID | None, but: Collection[tuple[UUID, Side]] = ()
) -> None:
    """The latest objective of each association and side, marked provisional; all start level, so V is 0.

    but: those that are left as they are.
    """
    now, source = clock.now(), f"Repris de «\u00a0{before.name}\u00a0»"
    query = (
        select(Objective)
        .where(Objective.campaign_id == before.id)
        .ext(distinct_on(Objective.association_id, Objective.side))
        .order_by(Objective.association_id, Objective.side, Objective.version.desc())
    )
    db.session.add_all(
        Objective(
            association_id=last.association_id,
            campaign_id=campaign.id,
            side=last.side,
            amount=last.amount,
            provisional=True,
            source=source,
            validated_at=now,
            validated_by=by,
        )
        for last in db.session.scalars(query)
        if last.amount and (last.association_id, last.side) not in but
    )
    db.session.flush()


def carry_places(before: Campaign, campaign: Campaign) -> None:
    """Every row of capacity as it was declared, dated as it was: the association is asked to confirm it."""
    query = select(Capacity).where(Capacity.campaign_id == before.id).order_by(Capacity.id)
    db.session.add_all(
        Capacity(
            association_id=row.association_id,
            campaign_id=campaign.id,
            programme_id=row.programme_id,
            side=row.side,
            place=row.place,
            amount=row.amount,
            or_more=row.or_more,
            updated_at=row.updated_at,
        )
        for row in db.session.scalars(query)
    )
    db.session.flush()


def _hold() -> None:
    """What is open may change with the dates of a campaign."""
    for side in sorted(Side):
        share_openings(side)


def _check_days(campaign: Campaign, starts_on: date, ends_on: date) -> None:
    stage, today = stage_of(campaign), clock.today()
    if stage is Stage.OVER and (starts_on, ends_on) != (campaign.starts_on, campaign.ends_on):
        raise DomainError("Cette campagne est terminée\u00a0: ses dates ne changent plus.", field="ends_on")
    if stage is Stage.RUNNING and starts_on != campaign.starts_on:
        raise DomainError("Cette campagne a commencé\u00a0: son premier jour ne change plus.", field="starts_on")
    if stage is Stage.RUNNING and ends_on < today:
        raise DomainError(
            "Cette campagne compte des demandes proposées aujourd’hui\u00a0: elle finit aujourd’hui au plus tôt.",
            field="ends_on",
        )
    if stage is Stage.FUTURE and starts_on < today:
        raise DomainError("Une campagne commence aujourd’hui au plus tôt.", field="starts_on")


def _check(starts_on: date, ends_on: date, own_id: UUID | None = None) -> None:
    _check_years(starts_on, ends_on)
    if ends_on < starts_on:
        raise DomainError("Le dernier jour vient après le premier.", field="ends_on")
    if ends_on - starts_on > timedelta(days=LONGEST_DAYS):
        raise DomainError("Une campagne dure deux ans au plus\u00a0: vérifiez l’année.", field="ends_on")
    other = campaign_across(starts_on, ends_on, own_id)
    if other is not None:
        field = "starts_on" if other.starts_on <= starts_on else "ends_on"
        raise DomainError(_overlap(other), field=field)


def _check_years(starts_on: date, ends_on: date) -> None:
    for field, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if day.year < FIRST_YEAR or day > furthest_day():
            words = f"Une campagne tient entre {FIRST_YEAR} et les trois ans qui viennent\u00a0: vérifiez l’année."
            raise DomainError(words, field=field)


def _overlap(other: Campaign) -> str:
    return (
        f"Ces dates recouvrent «\u00a0{other.name}\u00a0», du {other.starts_on:%d/%m/%Y} au {other.ends_on:%d/%m/%Y}\u00a0:"
        " deux campagnes ne se chevauchent pas."
    )


def _flush() -> None:
    """The database has the last word: somebody may have been faster."""
    try:
        db.session.flush()
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            words = "Une autre campagne vient d’être ouverte à ces dates\u00a0: deux campagnes ne se chevauchent pas."
            raise DomainError(words, field="starts_on") from error
        raise DomainError("Cette campagne compte déjà des demandes\u00a0: elle ne se supprime pas.") from error


def _tell(campaign: Campaign, act: str) -> None:
    first, last = campaign.starts_on.isoformat(), campaign.ends_on.isoformat()
    happened(EventName.CAMPAIGN_CHANGED, campaign=str(campaign.id), act=act, first=first, last=last)
    if current_scope().account_id is not None:
        journal(JournalAct.OBJECTIVE_CHANGED, detail=f"campaign {campaign.id} {act} {first} {last}")
    for side in sorted(Side):
        after_commit(partial(enqueue, Job.DRAIN, side.value, "waitlist"))
