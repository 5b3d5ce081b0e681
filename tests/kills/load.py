"""What goes on while processes die: requests sent and answered over HTTP, documents asked for, mornings that come.

Whoever is at a browser tries again when nothing answers; so every act here is tried until the portal says it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
from flask import session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from portal.foundation import clock
from portal.foundation.crypto import new_token, token_digest, vault
from portal.foundation.database import owner_url
from portal.foundation.tenancy import DatabaseRole, Scope
from portal.foundation.transactions import transaction
from portal.models.account import LoginSession
from portal.models.bounce import BOUNCES, Effect
from portal.models.campaign import Campaign
from portal.models.identity import LinkPurpose
from portal.models.morning import MorningMode
from portal.models.notice import Notice, NoticeChoice, Rhythm
from portal.operations.documents import ask_board_report
from portal.operations.drafts import start_draft
from portal.queries.drafts import draft_of
from tests import factories
from tests.doors.public.walking import YOUNG, Steps, aged, fill
from tests.kills.world import World

SILENCE_SECONDS = 5
ASSOCIATIONS = 3
PLACES = 1_000_000
SEE_OTHER = 303
ANSWERS: Steps = {
    "prenom": {"first_name": "Amina", "last_name": "Haidari"},
    "naissance": aged(20),
    "situation": {"situations": ["seeking_job"]},
    "niveau": {"level": "unknown"},
    "besoins": {"needs": ["first_job"]},
    "lieu": {"postal_code": "59 100"},
    "rencontre": {"meeting": "either"},
    "quartier": {},
    "parcours": {},
    "plus-personnel": {"personal": "no"},
    "contact": {"mail": "amina@example.org"},
}
REASON = next(reason for reason, row in BOUNCES.items() if row.effect is Effect.NEXT and not row.needs_note)
STANDS = (
    "SELECT r.id, r.state, a.id, a.association_id, a.state, a.applied_at IS NOT NULL,"
    " EXISTS (SELECT FROM outbox o WHERE o.deduplication_key = 'confirm_address:' || r.id AND o.state = 'sent') FROM draft d"
    " JOIN referral r ON r.id = d.submitted_as LEFT JOIN assignment a ON a.referral_id = r.id AND a.closed_at IS NULL"
    " WHERE d.token_digest = %s"
)
TO_ANSWER = {"offered", "seen"}


@dataclass(frozen=True)
class Browser:
    """Cookies, and the token that every form of them carries."""

    cookies: Mapping[str, str]
    csrf: str
    association: str = ""

    def post(self, world: World, path: str, **values: str) -> int:
        """The answer's status; 0 when there was none."""
        body = urlencode({"csrf_token": self.csrf, "association": self.association, **values})
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
        connection = HTTPConnection(*world.address, timeout=SILENCE_SECONDS)
        try:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()


def browser(world: World, cookies: Mapping[str, str], **kept: str) -> Browser:
    """kept: what the signed session holds. Outside any application context, which would lend its token of before."""
    with world.app.test_request_context():
        session.update(kept)
        token = generate_csrf()
        signed = world.app.session_interface.get_signing_serializer(world.app)  # type: ignore[attr-defined]
        return Browser({**cookies, "session": signed.dumps(dict(session))}, token, kept.get("association", ""))


@dataclass
class Errand:
    """One request on its way. bounces: how often it is to be sent back before somebody takes it.

    left: nobody answers it at all.
    """

    applicant: Browser
    digest: str
    bounces: int = 0
    left: bool = False
    referral: UUID | None = None
    sent_back: set[UUID] = field(default_factory=set)
    done: bool = False

    def step(self, world: World, coordinators: Mapping[UUID, Browser]) -> None:
        """Do the next thing there is to do, if any."""
        found = world.rows(STANDS, self.digest)
        if not found:
            self.applicant.post(world, f"/{YOUNG}/relire", agreed="y")
            return
        self.referral, state, offer, association, answer, applied, mailed = found[0]
        if state == "awaiting_consent":
            if not mailed:
                return
            with world.app.app_context():
                token = vault().link_token(LinkPurpose.ADDRESS, self.referral, 1)
            self.applicant.post(world, f"/confirmer/{token}")
        elif offer is not None and answer in TO_ANSWER and not self.left:
            self.answer(world, coordinators[association], offer)
        self.done = offer is not None if self.left else answer == "accepted" and applied

    def answer(self, world: World, coordinator: Browser, offer: UUID) -> None:
        back = offer in self.sent_back or len(self.sent_back) < self.bounces
        if back:
            self.sent_back.add(offer)
            coordinator.post(world, f"/demandes/{offer}/reorienter", reason=REASON.value)
        else:
            coordinator.post(world, f"/demandes/{offer}/accepter")


class Season:
    """Three associations with places for all, their coordinators signed in, and all that has been asked of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = count(1)
        self.errands: list[Errand] = []
        self.tokens: dict[UUID, str] = {}
        with world.app.app_context(), Session(create_engine(owner_url(world.settings)), expire_on_commit=False) as made:
            self.arrange(made)
        self.coordinators = {
            association: browser(world, {}, token=token, association=str(association))
            for association, token in self.tokens.items()
        }
        self.answers = self.typed()

    def arrange(self, made: Session) -> None:
        campaign = factories.make_campaign(made)
        for _ in range(ASSOCIATIONS):
            self.join(made, campaign)
        made.commit()

    def join(self, made: Session, campaign: Campaign) -> None:
        """One more, that wants its file each morning; its coordinator wants to be told of each request."""
        one = factories.make_association(made, morning_mode=MorningMode.ALWAYS)
        factories.make_programme(made, one)
        factories.make_capacity(made, one, campaign, PLACES)
        factories.make_objective(made, one, campaign, PLACES)
        account = factories.make_account(made, association=one)
        made.add(
            NoticeChoice(account_id=account.id, association_id=one.id, notice=Notice.OFFERED, rhythm=Rhythm.AT_ONCE)
        )
        token, now = new_token(), clock.now()
        made.add(
            LoginSession(
                digest=token_digest(token),
                account_id=account.id,
                association_id=one.id,
                created_at=now,
                last_seen_at=now,
                second_factor_at=now,
            )
        )
        self.tokens[one.id] = token

    def typed(self) -> dict[str, Any]:
        """What the form keeps of these answers, as it keeps them."""
        self.world.app.config["WTF_CSRF_ENABLED"] = False
        client = self.world.app.test_client()
        assert fill(client, YOUNG, ANSWERS) == f"/{YOUNG}/relire"
        kept = client.get_cookie(f"brouillon-{YOUNG}", path=f"/{YOUNG}")
        assert kept
        with self.world.app.app_context(), transaction(Scope(DatabaseRole.PUBLIC, read_only=True)):
            draft = draft_of(kept.value, YOUNG)
        assert draft
        return dict(draft.answers)

    def ask(self, *, bounces: int = 0, left: bool = False) -> Errand:
        """Somebody has filled the form in and is about to send it."""
        contact = {**self.answers["contact"], "mail": [f"amina{next(self.numbers)}@example.org"]}
        with self.world.app.app_context(), transaction(Scope(DatabaseRole.PUBLIC)):
            token = start_draft(YOUNG, {**self.answers, "contact": contact})
        applicant = browser(self.world, {f"brouillon-{YOUNG}": token})
        errand = Errand(applicant, token_digest(token), bounces, left)
        self.errands.append(errand)
        return errand

    def ask_document(self) -> None:
        """A report that nobody has asked for before."""
        last = date(2026, 1, 1) + timedelta(days=next(self.numbers))
        account = uuid4()
        with self.world.app.app_context(), transaction(Scope(DatabaseRole.STAFF, account_id=account)):
            ask_board_report(date(2026, 1, 1), last, by=account)

    def next_morning(self) -> None:
        """All mornings so far are a day older; today's is to come."""
        owner = self.world.owner()
        with owner.transaction():
            for days in (-10_000, 9_999):
                owner.execute("UPDATE morning_file SET day = day + %s::int", [days])

    def step(self) -> bool:
        """Whether all has been sent and answered."""
        waiting = [errand for errand in self.errands if not errand.done]
        try:
            for errand in waiting:
                errand.step(self.world, self.coordinators)
        except psycopg.OperationalError:
            return False
        return not waiting
