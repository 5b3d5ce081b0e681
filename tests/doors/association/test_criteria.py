"""The criteria editor: sentences to change, the trial beside them, a new version in force, and nothing lost on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from matching.criteria import read_criteria
from matching.vocabulary import Side
from portal.association.criteria_form import Clause, Form, Kind, Line, form_of
from portal.association.criteria_typed import Sent, fields_of
from portal.foundation import clock
from portal.foundation.permissions import Role
from portal.models.assignment import Assignment
from portal.models.programme import CriteriaProposal, ProgrammeVersion, Verdict
from portal.models.referral import ReferralState
from tests import factories
from tests.doors.association.house import House, Tab, signed_in_as, text_of

Owner = psycopg.Connection[tuple[object, ...]]
AGED = {"all": [{"test": "age", "min": 14, "max": 17}]}
DEEP = {
    "all": [
        {"test": "age", "min": 14},
        {"not": {"all": [{"test": "age", "min": 20}, {"test": "need", "any_of": ["guidance"]}]}},
    ]
}


@pytest.fixture
def administrator(app: Flask, arrange: Session, house: House) -> Tab:
    account = factories.make_account(arrange, association=house.association, role=Role.ADMINISTRATOR)
    arrange.commit()
    return signed_in_as(app, arrange, account, house.association)


@pytest.fixture
def asked(arrange: Session, house: House) -> dict[str, Any]:
    """The house's programme takes those of 14 to 17."""
    version = arrange.scalars(select(ProgrammeVersion).where(ProgrammeVersion.programme_id == house.programme.id)).one()
    version.criteria = AGED
    arrange.commit()
    return AGED


def address(house: House, more: str = "") -> str:
    return f"/criteres/{house.programme.id}/jeunes{more}"


def typed(form: Form, *, drawn: int = 1, **more: str) -> Sent:
    sent = fields_of(form)
    sent.update({"drawn": str(drawn), "kept_from": str(drawn), **more})
    return MultiDict([*sent.items(multi=True)])


def posted(client: Tab, path: str, sent: Sent) -> Any:
    return client.post(path, data={**sent.to_dict(flat=False), "association": client.drawn_for})


def aged(least: str, most: str) -> Form:
    return Form((Clause((Line(Kind.AGE, least=least, most=most),)),))


def versions(arrange: Session, house: House) -> list[ProgrammeVersion]:
    arrange.rollback()
    query = select(ProgrammeVersion).where(ProgrammeVersion.programme_id == house.programme.id)
    return list(arrange.scalars(query.order_by(ProgrammeVersion.side, ProgrammeVersion.number)))


def test_an_administrator_reads_the_criteria_as_sentences_to_change(
    administrator: Tab, house: House, asked: object
) -> None:
    page = text_of(administrator.get(address(house)))
    assert "Nous accompagnons les jeunes qui…" in page
    assert 'name="least:0.0" value="14"' in page
    assert 'name="most:0.0" value="17"' in page
    assert "Essai sur 30 jours" in page
    assert "Aucun changement" in page


def test_a_coordinator_reads_and_does_not_change(coordinator: Tab, house: House, arrange: Session) -> None:
    page = text_of(coordinator.get("/criteres"))
    assert house.programme.name in page
    assert "Modifier" not in page
    assert coordinator.get(address(house, "/versions")).status_code == 200
    assert coordinator.get(address(house)).status_code == 403
    assert coordinator.post(address(house), data={}).status_code == 403
    assert coordinator.post(f"/criteres/{house.programme.id}/archiver").status_code == 403
    assert len(versions(arrange, house)) == 1


def test_trying_shows_the_effect_and_saves_nothing(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    for _ in range(6):
        factories.make_referral(arrange, house.campaign, state=ReferralState.WAITLISTED)
    arrange.commit()
    sent = typed(aged("18", "25"), act="try")
    page = text_of(posted(administrator, address(house, "/essai"), sent))
    assert "demandes vous auraient convenu" in page
    assert "demandes en attente viendraient maintenant" in page
    assert "Il resterait environ 25 places libres" in page
    assert 'name="least:0.0" value="18"' in page
    assert "Non enregistré" in page
    assert len(versions(arrange, house)) == 1


def test_saving_publishes_a_new_version_and_those_who_wait_come(
    administrator: Tab, house: House, asked: object, arrange: Session, owner: Owner
) -> None:
    from portal.jobs.routing import drain  # noqa: PLC0415 - what the queue would run

    waiting = factories.make_referral(arrange, house.campaign, state=ReferralState.UNROUTABLE, unroutable_why="none")
    arrange.commit()
    sent = typed(aged("18", "25"), note="Nous avons des mentors pour les étudiants.")
    assert posted(administrator, address(house), sent).status_code == 303
    old, new = versions(arrange, house)
    assert (old.criteria, new.number) == (AGED, 2)
    assert new.criteria == {"all": [{"test": "age", "min": 18, "max": 25}]}
    assert new.notes == ["Nous avons des mentors pour les étudiants."]
    assert owner.execute("SELECT act, detail FROM journal_entry").fetchall() == [
        ("criteria_changed", f"{house.programme.id} mentee 2")
    ]
    drain("mentee", "waitlist", "unroutable")
    arrange.rollback()
    assert arrange.scalars(select(Assignment.referral_id)).all() == [waiting.id]
    assert "Vos critères sont en vigueur" in text_of(administrator.get("/criteres"))


def test_somebody_elses_version_meanwhile_is_said_and_what_was_typed_stays(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    assert posted(administrator, address(house), typed(aged("15", "17"))).status_code == 303
    answer = posted(administrator, address(house), typed(aged("16", "17")))
    page = text_of(answer)
    assert answer.status_code == 409
    assert "quelqu’un a publié la version 2" in page
    assert 'name="least:0.0" value="16"' in page
    assert 'name="drawn" value="2"' in page
    assert len(versions(arrange, house)) == 2
    assert posted(administrator, address(house), typed(aged("16", "17"), drawn=2)).status_code == 303


def test_unchanged_criteria_are_refused_with_a_sentence(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    answer = posted(administrator, address(house), typed(aged("14", "17")))
    assert answer.status_code == 422
    assert "Rien ne change" in text_of(answer)
    assert len(versions(arrange, house)) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (Line(Kind.AGE, least="quatorze"), "un âge entre 0 et 99"),
        (Line(Kind.AGE, least="20", most="10"), "dépasse le plus haut"),
        (Line(Kind.NEED), "au moins une réponse"),
        (Line(Kind.TERRITORY), "au moins un lieu"),
    ],
)
def test_a_sentence_left_unfinished_is_asked_again(
    administrator: Tab, house: House, arrange: Session, line: Line, said: str
) -> None:
    answer = posted(administrator, address(house), typed(Form((Clause((line,)),))))
    page = text_of(answer)
    assert answer.status_code == 422
    assert page.count(said) == 2
    assert "vos critères sont toujours là" in page
    assert len(versions(arrange, house)) == 1


def test_taking_everyone_is_asked_twice(administrator: Tab, house: House, asked: object, arrange: Session) -> None:
    answer = posted(administrator, address(house), typed(Form()))
    assert answer.status_code == 422
    assert "Vous avez retiré tous les critères" in text_of(answer)
    assert len(versions(arrange, house)) == 1
    assert posted(administrator, address(house), typed(Form(), everyone="1")).status_code == 303
    assert versions(arrange, house)[-1].criteria == {"all": []}


def test_buttons_add_sentences_alternatives_and_places(administrator: Tab, house: House, asked: object) -> None:
    def press(sent: Sent) -> str:
        return text_of(posted(administrator, address(house, "/essai"), sent))

    page = press(typed(aged("14", "17"), act="add:territory"))
    assert 'value="1.0:territory"' in page
    assert "au moins un lieu" not in page
    assert "L’essai attend" in page
    ground = Form((Clause((Line(Kind.TERRITORY),)),))
    assert "commune:59350" in press(typed(ground, act="find:0.0", **{"search:0.0": "lille"}))
    assert "commune:59350" in press(typed(ground, **{"search:0.0": "59000"}))
    assert "Aucun lieu ne porte ce nom" in press(typed(ground, act="find:0.0", **{"search:0.0": "zzzz"}))
    picked = press(typed(ground, act="place:0.0:commune:59350"))
    assert 'name="place:0.0" value="commune:59350"' in picked
    assert "Retirer Lille" in picked
    alternative = press(typed(aged("14", "17"), act="or:0:professional"))
    assert "ou bien" in alternative
    assert "un professionnel" in alternative
    assert "Sans aucun critère" in press(typed(aged("14", "17"), act="drop:0.0"))


def test_what_the_form_cannot_say_is_read_and_stays(administrator: Tab, house: House, arrange: Session) -> None:
    (version,) = versions(arrange, house)
    version.criteria = DEEP
    arrange.commit()
    page = text_of(administrator.get(address(house)))
    assert "Ce critère demande l’équipe du Collectif" in page
    assert "Sauf si" in page
    form = form_of(read_criteria(DEEP))
    assert form is not None
    without = typed(Form((*aged("15", "18").parts,)))
    assert posted(administrator, address(house), without).status_code == 303
    assert versions(arrange, house)[-1].criteria["all"][1] == DEEP["all"][1]


def test_criteria_that_are_no_list_of_clauses_are_staffs(administrator: Tab, house: House, arrange: Session) -> None:
    (version,) = versions(arrange, house)
    version.criteria = {"any": [{"test": "age", "min": 14}, {"test": "need", "any_of": ["guidance"]}]}
    arrange.commit()
    page = text_of(administrator.get(address(house)))
    assert "Ces critères demandent l’équipe du Collectif" in page
    assert posted(administrator, address(house), typed(aged("1", "2"))).status_code == 404
    assert len(versions(arrange, house)) == 1


def test_an_earlier_version_is_read_tried_and_put_back(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    posted(administrator, address(house), typed(aged("18", "25")))
    first = versions(arrange, house)[0]
    history = text_of(administrator.get(address(house, "/versions")))
    assert "La version 2 est en vigueur" in history
    assert "de 14 à 17 ans" in history
    shown = text_of(administrator.get(f"/criteres/versions/{first.id}"))
    assert "Remettre en vigueur la version 1" in shown
    assert "Essai sur 30 jours" in shown
    path = f"/criteres/versions/{first.id}/remettre"
    assert administrator.post(path, data={"drawn": "1"}).status_code == 409
    assert administrator.post(path, data={"drawn": "2"}).status_code == 303
    last = versions(arrange, house)[-1]
    assert (last.number, last.criteria) == (3, AGED)
    assert last.notes == ["Reprise de la version 1."]
    assert administrator.post(path, data={"drawn": "3"}).status_code == 422


def test_the_history_is_read_by_pages(administrator: Tab, house: House, arrange: Session) -> None:
    for number in range(2, 24):
        arrange.add(
            ProgrammeVersion(
                association_id=house.association.id, programme_id=house.programme.id, side=Side.MENTEE,
                number=number, criteria={"all": [{"test": "age", "min": number}]},
            )
        )  # fmt: skip
    arrange.commit()
    page = text_of(administrator.get(address(house, "/versions")))
    assert "Version 4 " in page.replace("<", " ")
    assert "?avant=4" in page
    older = text_of(administrator.get(address(house, "/versions?avant=4")))
    assert "Version 3<" in older
    assert "Version 4<" not in older
    assert administrator.get(address(house, "/versions?avant=x")).status_code == 404


def test_where_staff_approve_a_proposal_waits_and_can_be_taken_back(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    house.association.approval_required = True
    arrange.commit()
    assert "Proposer cette version" in text_of(administrator.get(address(house)))
    for least in ("18", "19"):
        assert posted(administrator, address(house), typed(aged(least, "25"))).status_code == 303
    assert len(versions(arrange, house)) == 1
    older, waiting = arrange.scalars(select(CriteriaProposal).order_by(CriteriaProposal.created_at)).all()
    assert (older.verdict, waiting.verdict) == (Verdict.WITHDRAWN, None)
    page = text_of(administrator.get("/criteres"))
    assert "attendent la relecture du Collectif" in page
    assert "De 19 à 25 ans." in page
    assert administrator.post(f"/criteres/propositions/{waiting.id}/retirer").status_code == 303
    assert house.reread(waiting).verdict is Verdict.WITHDRAWN
    again = administrator.post(f"/criteres/propositions/{waiting.id}/retirer", follow_redirects=True)
    assert "n’attend plus de réponse" in text_of(again)


def test_a_refusal_is_read_with_its_reason(administrator: Tab, house: House, arrange: Session) -> None:
    arrange.add(
        CriteriaProposal(
            association_id=house.association.id, programme_id=house.programme.id, side=Side.MENTEE, criteria=AGED,
            based_on=1, verdict=Verdict.REFUSED, reason="Votre agrément s’arrête à 17 ans.",
            created_at=clock.now(), settled_at=clock.now(),
        )
    )  # fmt: skip
    arrange.commit()
    page = text_of(administrator.get("/criteres"))
    assert "n’a pas été retenue" in page
    assert "Votre agrément s’arrête à 17 ans." in page


def test_a_window_of_intake_has_days_that_make_sense(administrator: Tab, house: House, arrange: Session) -> None:
    path = f"/criteres/{house.programme.id}/accueil"
    first, last = clock.today() + timedelta(days=5), clock.today() + timedelta(days=40)
    assert administrator.post(path, data={"first": last.isoformat(), "last": first.isoformat()}).status_code == 422
    assert administrator.post(path, data={"first": "demain", "last": ""}).status_code == 422
    past = {"first": "", "last": (clock.today() - timedelta(days=1)).isoformat()}
    assert "déjà passé" in text_of(administrator.post(path, data=past))
    assert house.reread(house.programme).intake_from is None
    assert administrator.post(path, data={"first": first.isoformat(), "last": last.isoformat()}).status_code == 303
    assert (house.reread(house.programme).intake_from, house.programme.intake_until) == (first, last)
    page = text_of(administrator.get("/criteres"))
    assert "Demandes reçues du" in page
    assert "Pas encore ouvert" in page
    assert administrator.post(path, data={"first": "", "last": ""}).status_code == 303
    assert "toute l’année" in text_of(administrator.get("/criteres"))


def test_an_archived_programme_keeps_its_requests_and_can_be_restored(
    administrator: Tab, house: House, asked: object
) -> None:
    offered = house.offer("Léa")
    page = text_of(administrator.get(f"/criteres/{house.programme.id}"))
    assert "1 demande en cours" in page
    assert administrator.post(f"/criteres/{house.programme.id}/archiver").status_code == 303
    assert house.reread(house.programme).archived_at is not None
    assert house.reread(offered).closed_at is None
    assert "Programmes archivés" in text_of(administrator.get("/criteres"))
    assert administrator.get(address(house)).status_code == 404
    assert posted(administrator, address(house), typed(aged("1", "2"))).status_code == 404
    assert administrator.post(f"/criteres/{house.programme.id}/accueil", data={}).status_code == 404
    assert administrator.get(address(house, "/versions")).status_code == 200
    assert administrator.post(f"/criteres/{house.programme.id}/rouvrir").status_code == 303
    assert house.reread(house.programme).archived_at is None
    again = administrator.post(f"/criteres/{house.programme.id}/rouvrir", follow_redirects=True)
    assert "n’est pas archivé" in text_of(again)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/criteres/{programme}"),
        ("GET", "/criteres/{programme}/jeunes"),
        ("GET", "/criteres/{programme}/jeunes/versions"),
        ("GET", "/criteres/versions/{version}"),
        ("POST", "/criteres/{programme}/jeunes"),
        ("POST", "/criteres/{programme}/jeunes/essai"),
        ("POST", "/criteres/{programme}/accueil"),
        ("POST", "/criteres/{programme}/archiver"),
        ("POST", "/criteres/{programme}/rouvrir"),
        ("POST", "/criteres/versions/{version}/remettre"),
        ("POST", "/criteres/propositions/{proposal}/retirer"),
    ],
)
def test_anothers_programme_is_not_there(
    administrator: Tab, neighbour: House, arrange: Session, owner: Owner, method: str, path: str
) -> None:
    (version,) = versions(arrange, neighbour)
    proposal = CriteriaProposal(
        association_id=neighbour.association.id, programme_id=neighbour.programme.id, side=Side.MENTEE,
        criteria=AGED, based_on=1,
    )  # fmt: skip
    arrange.add(proposal)
    arrange.commit()
    named = {"programme": neighbour.programme.id, "version": version.id, "proposal": proposal.id}
    answer = administrator.open(path.format(**named), method=method)
    assert answer.status_code == 404
    assert neighbour.programme.name not in text_of(answer)
    assert owner.execute("SELECT count(*) FROM programme_version").fetchone() == (2,)
    assert owner.execute("SELECT verdict FROM criteria_proposal").fetchone() == (None,)


def test_an_unknown_side_is_not_there(administrator: Tab, house: House) -> None:
    assert administrator.get(f"/criteres/{house.programme.id}/parents").status_code == 404
    assert administrator.get(f"/criteres/{house.programme.id}/parents/versions").status_code == 404


def queries_of(ask: Callable[[], object]) -> int:
    said: list[str] = []

    def listen(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        ask()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return len(said)


def test_a_page_asks_as_often_for_many_requests_as_for_few(
    administrator: Tab, house: House, asked: object, arrange: Session
) -> None:
    from portal.jobs.routing import drain  # noqa: PLC0415 - what the queue would run

    def grow(many: int) -> None:
        for _ in range(many):
            factories.make_referral(arrange, house.campaign)
        factories.make_programme(arrange, house.association)
        arrange.commit()
        drain("mentee")

    sent = typed(aged("18", "25"), act="try")
    pages = (
        lambda: administrator.get("/criteres"),
        lambda: administrator.get(address(house)),
        lambda: posted(administrator, address(house, "/essai"), sent),
        lambda: administrator.get(address(house, "/versions")),
    )
    grow(3)
    [page() for page in pages]
    few = [queries_of(page) for page in pages]
    grow(15)
    [page() for page in pages]
    assert [queries_of(page) for page in pages] == few
    assert max(few) < 40
