"""What the sign-in page asks."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

LONGEST_MAIL = 254
LONGEST_PASSWORD = 128


def legible(_: FlaskForm, field: StringField) -> None:
    """Signs that are nowhere on a keyboard never reach the database."""
    if not field.data.isprintable():
        raise ValidationError("Cette adresse contient un signe illisible\u00a0: réécrivez-la.")


class SignInForm(FlaskForm):
    """Nothing about the address is checked beyond its length: a wrong one gets the answer of an unknown one."""

    mail = StringField(
        "Adresse e-mail",
        [
            InputRequired("Écrivez votre adresse e-mail."),
            Length(max=LONGEST_MAIL, message="Cette adresse est trop longue."),
            legible,
        ],
        render_kw={"type": "email", "autocomplete": "username", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(
        "Mot de passe",
        [
            InputRequired("Écrivez votre mot de passe."),
            Length(max=LONGEST_PASSWORD, message="Ce mot de passe est trop long."),
        ],
        render_kw={"autocomplete": "current-password"},
    )
