"""A company answers a few questions, and reads which associations suit it and why; the address keeps it all."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.models.campaign import Campaign
from tests.doors.company.scene import ANSWERS, look, open_association, text_of

FORM, RESULT = "/entreprises/orienter", "/entreprises/orienter/resultat"
SENIORS = {"all": [{"test": "age", "min": 50}, {"test": "hours_a_month", "min": 8}]}


def test_the_answer_names_two_associations_with_reasons_places_and_ways_on(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    job = open_association(arrange, campaign, "Emploi", {"test": "need", "any_of": ["first_job"]})
    open_association(arrange, campaign, "Ouverte")
    page = look(client, RESULT, **ANSWERS, causes="job")
    assert "<h1>Deux associations pour votre entreprise</h1>" in page
    assert page.index("Emploi</h2>") < page.index("Ouverte</h2>")
    assert "<strong>Vos causes :</strong> premier emploi" in page
    assert "30 (Roubaix)" in page
    assert f"/entreprises/associations/{job.slug}" in page
    assert f"/entreprises/contact?association={job.slug}&lieu=Roubaix" in page


def test_what_does_not_fit_is_said_and_the_team_is_offered(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    open_association(arrange, campaign, "Seniors", None, SENIORS)
    page = look(client, RESULT, **ANSWERS, ages="under_30", heures="2")
    assert "Aucune association ne convient tout à fait" in page
    assert "au moins 8 heures par mois, plus que 2 heures par mois" in page
    assert "demandez-lui conseil" in page
    assert "Pour élargir" in page


def test_a_single_association_that_fits_is_not_passed_off_as_a_choice(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    open_association(arrange, campaign, "Seniors", None, SENIORS)
    open_association(arrange, campaign, "Ouverte")
    page = look(client, RESULT, **ANSWERS, ages="under_30", heures="2")
    assert "Une association convient tout à fait" in page
    assert page.index("Ouverte</h2>") < page.index("Seniors</h2>")


def test_equals_are_all_said_to_fit_none_is_framed_and_the_lot_is_told(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    for letter in "ABC":
        open_association(arrange, campaign, f"Association {letter}")
    page = look(client, RESULT, **ANSWERS)
    assert page.count('<p class="kicker small">Convient</p>') == 3
    assert "Le plus proche de vos choix" not in page
    assert "card--chosen" not in page
    assert "Les trois sont à égalité, dans un ordre tiré au sort à partir de vos réponses : la même adresse" in page
    checked = {"test": "public", "any_of": ["background_checked"]}
    open_association(arrange, campaign, "À vérifier", None, checked)
    assert "Les trois premières sont à égalité" in look(client, RESULT, **ANSWERS)


def test_the_one_nearest_is_framed_and_said_to_be(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    checked = {"test": "public", "any_of": ["background_checked"]}
    open_association(arrange, campaign, "Alpha", None, checked)
    open_association(arrange, campaign, "Zêta")
    page = look(client, RESULT, **ANSWERS)
    assert re.findall('<p class="kicker small">(.*?)</p><h2>(.*?)</h2>', page) == [
        ("Le plus proche de vos choix", "Zêta"),
        ("Convient aussi", "Alpha"),
    ]
    assert page.count("card--chosen") == 1
    assert "tiré au sort" not in page


def test_an_empty_network_says_so(client: FlaskClient) -> None:
    page = look(client, RESULT, **ANSWERS)
    assert "Aucune association n’a encore publié ses critères" in page


def test_the_others_of_the_territory_are_listed_with_the_reason_why_not(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    for letter in "ABCDEFG":
        open_association(arrange, campaign, f"Association {letter}")
    open_association(arrange, campaign, "Seniors", None, SENIORS)
    page = look(client, RESULT, **ANSWERS, ages="under_30", heures="8")
    assert "Cinq associations pour votre entreprise" in page
    assert "Et les 3 autres associations de votre territoire ?" in page
    others = page[page.index("Voir pourquoi pas elles") :]
    assert len(re.findall(r"Association .</a> : convient aussi, au-delà des cinq premières", others)) == 2
    assert re.search(r"Seniors</a> : âge, à partir de 50 ans", others)


def test_the_same_address_always_says_the_same_and_leads_back_to_its_answers(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    for letter in "CAB":
        open_association(arrange, campaign, f"Association {letter}")
    once, again = (
        look(client, RESULT, **ANSWERS, publics=["qpv", "rural"]),
        look(client, RESULT, **ANSWERS, publics=["qpv", "rural"]),
    )
    assert sorted(re.findall("<h2>(Association .)</h2>", once)) == ["Association A", "Association B", "Association C"]
    assert re.findall("<h2>(.*?)</h2>", once) == re.findall("<h2>(.*?)</h2>", again)
    back = re.search(
        r'href="(/entreprises/orienter\?[^"]*)"',
        client.get(RESULT, query_string={**ANSWERS, "publics": ["qpv", "rural"]}).text,
    )
    assert back
    form = text_of(client.get(back.group(1).replace("&amp;", "&")))
    assert 'value="Roubaix"' in form
    assert re.search(r'value="qpv"[^>]*checked', form)
    assert not re.search(r'value="women"[^>]*checked', form)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({**ANSWERS, "lieu": ""}, "Indiquez une commune ou un département"),
        ({**ANSWERS, "lieu": "Xyzzy"}, "Nous ne connaissons pas ce lieu"),
        ({**ANSWERS, "lieu": "51300"}, "Ce code postal désigne plusieurs communes"),
        ({**ANSWERS, "lieu": "00000"}, "Nous ne connaissons pas ce code postal"),
        ({**ANSWERS, "lieu": "Saint-Denis"}, "Plusieurs communes s’appellent"),
        ({**ANSWERS, "lieu": "Rou"}, "Plusieurs lieux correspondent"),
        ({**ANSWERS, "lieu": "x" * 200}, "trop long"),
        ({**ANSWERS, "engagement": []}, "Choisissez au moins une façon de vous engager"),
        ({**ANSWERS, "engagement": "gold"}, "Cette réponse n’est pas dans la liste"),
        ({**ANSWERS, "rencontre": "moon"}, "Cette réponse n’est pas dans la liste"),
        ({**ANSWERS, "heures": "5000"}, "Cette réponse n’est pas dans la liste"),
    ],
)
def test_a_bad_answer_is_explained_on_its_field_and_the_others_are_kept(
    client: FlaskClient, answers: dict[str, object], sentence: str
) -> None:
    answer = client.get(RESULT, query_string={**answers, "causes": "job"})
    assert answer.status_code == 422
    page = text_of(answer)
    assert sentence in page
    assert re.search(r'value="job"[^>]*checked', page)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("Roubaix", "Roubaix"),
        ("roubaix", "Roubaix"),
        ("59 100", "Roubaix"),
        ("59", "Nord"),
        ("Nord", "Nord"),
        ("La Réunion", "La Réunion"),
        ("Métropole Européenne de Lille", "Métropole Européenne de Lille"),
    ],
)
def test_a_place_is_understood_as_people_write_it(client: FlaskClient, typed: str, named: str) -> None:
    assert f'<span class="pill">{named}</span>' in look(client, RESULT, **{**ANSWERS, "lieu": typed})


def test_everywhere_in_france_needs_no_site(client: FlaskClient, arrange: Session, campaign: Campaign) -> None:
    open_association(arrange, campaign, "Ici", {"test": "territory", "any_of": ["departement:2A"]})
    open_association(arrange, campaign, "Là", {"test": "territory", "any_of": ["departement:59"]})
    page = look(client, RESULT, partout="y", engagement="mentors", rencontre="either")
    assert "Deux associations" in page


def test_the_sheet_says_what_is_published_and_keeps_alternatives_together(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    either = {"any": [{"test": "public", "any_of": ["qpv"]}, {"test": "channel", "any_of": ["professional"]}]}
    association = open_association(arrange, campaign, "Proxité", {"all": [either, {"test": "age", "max": 30}]}, SENIORS)
    page = look(client, f"/entreprises/associations/{association.slug}")
    assert "L’un de ces cas" in page
    assert "quartier prioritaire (QPV) ; ou demande faite par un professionnel" in page
    assert "à partir de 50 ans" in page
    assert client.get("/entreprises/associations/inconnue").status_code == 404


def test_figures_of_an_association_never_show_only_the_words(
    client: FlaskClient, arrange: Session, campaign: Campaign
) -> None:
    from portal.models.objective import Objective  # noqa: PLC0415

    association = open_association(arrange, campaign, "Proxité")
    open_association(arrange, campaign, "Autre")
    arrange.add(
        Objective(
            association_id=association.id,
            campaign_id=campaign.id,
            side="mentor",
            amount=98_765,
            validated_at=campaign.starts_on,
        )
    )
    arrange.commit()
    page = look(client, RESULT, **ANSWERS)
    assert "manque de mentors" in page
    assert (
        "98" not in re.sub(r"\s", "", re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)).split("Proxité")[1][:2000]
    )
