"""Every component of the look on one page, with its states; served outside production only."""

from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired, Length, Optional, Regexp

from portal.foundation import clock
from portal.foundation.permissions import public_without_database
from portal.web.charts import samples

gallery = Blueprint("gallery", __name__, url_prefix="/galerie")
WORDS_LENGTH = 300
MISSING = "Il manque une réponse ici."


def _choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


class SampleForm(FlaskForm):
    """One field of each kind."""

    first_name = StringField("Prénom", validators=[InputRequired(MISSING)], render_kw={"autocomplete": "given-name"})
    mail = EmailField(
        "Adresse e-mail",
        description="Pour vous envoyer le lien de suivi.",
        validators=[Optional(), Email("Il manque quelque chose, par exemple lea@example.org.")],
        render_kw={"autocomplete": "email"},
    )
    postal_code = StringField(
        "Code postal",
        description="Pour trouver une association proche.",
        validators=[InputRequired(MISSING), Regexp(r"\d{5}$", message="Il faut 5 chiffres, par exemple 59100.")],
        render_kw={"autocomplete": "postal-code", "inputmode": "numeric"},
    )
    district = SelectField(
        "Quartier prioritaire\u00a0?", choices=_choices(("unknown", "Je ne sais pas"), ("yes", "Oui"), ("no", "Non"))
    )
    situation = RadioField(
        "Situation",
        choices=_choices(("school", "Au collège"), ("college", "Au lycée ou en CFA")),
        validators=[InputRequired(MISSING)],
    )
    needs = SelectMultipleField(
        "Besoins",
        choices=[
            SelectChoice(
                "school", "Mieux réussir à l’école", {"icon": "book-open", "hint": "Devoirs, méthode, examens"}
            ),
            SelectChoice("confidence", "Reprendre confiance", {"icon": "smile", "hint": "Oser, m’exprimer"}),
        ],
        validators=[InputRequired("Choisissez au moins une réponse.")],
    )
    words = TextAreaField("Avec vos mots", validators=[Optional(), Length(max=WORDS_LENGTH)])
    birth_day = IntegerField("Jour", validators=[Optional()])
    birth_month = IntegerField("Mois", validators=[Optional()])
    birth_year = IntegerField("Année", validators=[Optional()])
    pause_until = DateField("En pause jusqu’au", validators=[Optional()])
    secret = PasswordField("Mot de passe", validators=[Optional()], render_kw={"autocomplete": "new-password"})
    reason = RadioField(
        "Pour quelle raison\u00a0?",
        choices=_choices(
            ("full", "Plus de place pour l’instant"), ("age", "Âge ou niveau"), ("other", "Autre raison, à préciser")
        ),
        default="full",
        validators=[InputRequired(MISSING)],
    )
    agreed = BooleanField(
        "J’ai lu comment mes réponses sont utilisées", validators=[InputRequired("Cochez pour continuer.")]
    )


def _values(form: SampleForm) -> dict[str, Any]:
    drawings = {"charts": samples.charts(), "sparks": samples.sparks(), "objectives": samples.objectives()}
    return {"form": form, "words_length": WORDS_LENGTH, "now": clock.now(), **drawings}


@gallery.get("/")
@public_without_database
def index() -> ResponseReturnValue:
    form = SampleForm(data={"first_name": "Léa", "postal_code": "5910", "situation": "school", "needs": ["school"]})
    form.postal_code.errors = ["Il faut 5 chiffres, par exemple 59100."]
    return render_template("gallery/index.html", **_values(form))


@gallery.route("/formulaire", methods=["GET", "POST"])
@public_without_database
def sample_form() -> ResponseReturnValue:
    form = SampleForm()
    if form.validate_on_submit():
        flash("Réponses reçues, puis oubliées : ceci est un exemple.", "good")
        return redirect(url_for("gallery.sample_form"))
    return render_template("gallery/form.html", **_values(form)), 422 if form.errors else 200


def register(app: Flask) -> None:
    """Outside production only."""
    if not app.config["SETTINGS"].production:
        app.register_blueprint(gallery)
