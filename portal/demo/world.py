"""The demo's associations, campaign, rules and accounts, as rows."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from matching.vocabulary import Side
from portal.demo.associations import demo_associations
from portal.demo.logins import COORDINATORS, NETWORK, NETWORK_MAIL, PASSWORD, STAFF, sealed_secret
from portal.demo.rhythm import season_start
from portal.demo.sheets import DemoAssociation, DemoProgramme
from portal.foundation import clock
from portal.foundation.extensions import Base
from portal.foundation.permissions import Role
from portal.models.account import Account, Membership
from portal.models.association import Association
from portal.models.campaign import Campaign
from portal.models.capacity import Capacity
from portal.models.morning import MorningMode, RenewedBecause
from portal.models.objective import Objective
from portal.models.programme import Programme, ProgrammeVersion
from portal.models.routing import RoutingPolicy
from portal.operations.file_passwords import sealed_password
from portal.operations.passwords import hash_password

NAMESPACE = UUID("6f1c7f0e-2d53-5c19-9a55-6f3a51c4f0a1")
CAMPAIGN_DAYS = 365
PASSWORDS_AGE = timedelta(days=30)


def key_of(*parts: str) -> UUID:
    """The same identifier for the same thing in every demo: ties are broken on it."""
    return uuid5(NAMESPACE, "/".join(parts))


@dataclass
class World:
    """What the season needs to know of what was written. coordinators: by association, (account, name)."""

    campaign_id: UUID
    associations: dict[str, DemoAssociation] = field(default_factory=dict)
    coordinators: dict[str, tuple[UUID, str]] = field(default_factory=dict)

    def slug_of(self, association_id: str) -> str:
        return self.associations[association_id].key


def write_world(session: Session, seed: int, end: date) -> World:
    """Write everything but the requests; one commit is the caller's."""
    start = season_start(end)
    since = datetime.combine(start, datetime.min.time(), clock.PARIS)
    told = datetime.combine(end - PASSWORDS_AGE, datetime.min.time(), clock.PARIS)
    campaign = Campaign(
        id=key_of("campaign"),
        name=f"Campagne {start.year}-{start.year + 1}",
        starts_on=start,
        ends_on=start + timedelta(days=CAMPAIGN_DAYS - 1),
    )
    policy = RoutingPolicy(version=1, name="arm", maximum_hops=3, note="Règles de la démonstration", created_at=since)
    session.add_all([campaign, policy])
    session.flush()
    world, hashed = World(campaign.id), hash_password(PASSWORD)
    for one in demo_associations(seed):
        session.add_all(association_rows(one, campaign.id, since))
        session.flush()
        session.add(sealed_password(key_of("association", one.key), 1, RenewedBecause.FIRST, told))
        session.add_all(_programme_rows(one, since))
        session.flush()
        session.add_all(_accounts_of(one, world, hashed))
        session.flush()
    session.add_all(_shared_accounts(hashed))
    session.flush()
    session.add_all(_network_memberships())
    return world


def association_rows(one: DemoAssociation, campaign_id: UUID, since: datetime) -> list[Base]:
    association_id = key_of("association", one.key)
    dated = {"association_id": association_id, "campaign_id": campaign_id}
    return [
        Association(
            id=association_id,
            slug=one.key,
            name=one.name,
            founder=one.founder,
            fictional=one.invented,
            contact_mail=one.contact_email,
            sheet=_sheet(one),
            morning_mode=MorningMode.ALWAYS if one.key in COORDINATORS else MorningMode.WHEN_UNSEEN,
        ),
        *(
            Capacity(
                id=key_of("capacity", one.key, row.side, row.place),
                side=row.side,
                place=row.place,
                amount=row.places,
                or_more=row.or_more,
                updated_at=since,
                **dated,
            )
            for row in one.capacities
        ),
        *(
            Objective(
                id=key_of("objective", one.key, row.side),
                side=row.side,
                amount=row.target,
                source=one.source,
                validated_at=since,
                **dated,
            )
            for row in one.objectives
            if row.target
        ),
    ]


def _sheet(one: DemoAssociation) -> dict[str, Any]:
    return {
        "summary": one.summary,
        "created": one.created,
        "site": one.site,
        "telephone": one.contact_phone,
        "home": one.home,
        "territories": list(one.territories),
        "source": one.source,
        "notes": list(one.notes),
        "published": [
            {name: value for name, value in asdict(row).items() if name != "target"}
            for row in one.objectives
            if row.published_national or row.published_local
        ],
        "programmes": [_programme_sheet(programme) for programme in one.programmes],
    }


def _programme_sheet(programme: DemoProgramme) -> dict[str, Any]:
    return {
        "name": programme.name,
        "mentors_wanted": programme.mentors_wanted,
        "duration": programme.duration,
        "frequency": programme.frequency,
        "meeting": programme.meeting,
        "partners": list(programme.partners),
        "notes": list(programme.notes),
        "source": programme.source,
    }


def _programme_rows(one: DemoAssociation, since: datetime) -> list[Base]:
    association_id = key_of("association", one.key)
    rows: list[Base] = []
    for programme in one.programmes:
        programme_id = key_of("programme", programme.key)
        rows.append(
            Programme(
                id=programme_id,
                association_id=association_id,
                slug=programme.key,
                name=programme.name,
                description=programme.summary,
            )
        )
        rows.extend(
            ProgrammeVersion(
                id=key_of("version", programme.key, side, "1"),
                association_id=association_id,
                programme_id=programme_id,
                side=side,
                number=1,
                criteria=criteria,
                notes=list(programme.notes),
                created_at=since,
            )
            for side in Side
            if (criteria := programme.criteria(side)) is not None
        )
    return rows


def _accounts_of(one: DemoAssociation, world: World, hashed: str) -> list[Base]:
    """The first coordinator administers; associations with a printed login get that address."""
    association_id = key_of("association", one.key)
    world.associations[str(association_id)] = one
    people = [(each.email, f"{each.first_name} {each.last_name}") for each in one.coordinators]
    if one.key in COORDINATORS:
        people.insert(0, COORDINATORS[one.key])
    rows: list[Base] = []
    for number, (mail, name) in enumerate(people):
        account = _account(mail, name, hashed)
        role = Role.ADMINISTRATOR if number == 0 else Role.COORDINATOR
        rows += [account, Membership(account_id=account.id, association_id=association_id, role=role)]
        world.coordinators.setdefault(str(association_id), (account.id, name))
    return rows


def _shared_accounts(hashed: str) -> list[Base]:
    people = [(mail, name, True) for mail, name in STAFF] + [(NETWORK_MAIL, "Nadia Ferrand", False)]
    return [_account(mail, name, hashed, staff=staff) for mail, name, staff in people]


def _account(mail: str, name: str, hashed: str, *, staff: bool = False) -> Account:
    """A login whose password and second factor are known to all."""
    account_id = key_of("account", mail)
    return Account(
        id=account_id,
        mail=mail,
        name=name,
        password_hash=hashed,
        staff=staff,
        demo=True,
        totp_sealed=sealed_secret(account_id),
        totp_confirmed_at=clock.now(),
    )


def _network_memberships() -> list[Base]:
    return [
        Membership(
            account_id=key_of("account", NETWORK_MAIL),
            association_id=key_of("association", key),
            role=Role.COORDINATOR,
        )
        for key in NETWORK
    ]
