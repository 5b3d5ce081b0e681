"""What the pages of authentication ask."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.operations.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH
from portal.web.forms import PortalForm, mail_field, name_field

LONGEST_MAIL = 254
LONGEST_PASSWORD = 128
LONGEST_CODE = 40
HOW_TO_CHOOSE = (
    f"De {MINIMUM_LENGTH} à {MAXIMUM_LENGTH} caractères. Le plus simple\u00a0: quatre ou cinq mots sans lien entre eux."
)


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


def known_password(label: str) -> PasswordField:
    return PasswordField(
        label,
        [InputRequired("Écrivez votre mot de passe."), Length(max=LONGEST_PASSWORD, message="Il est trop long.")],
        render_kw={"autocomplete": "current-password"},
    )


def new_password(label: str) -> PasswordField:
    """Its strength is the operation's business, which knows about whom it is."""
    return PasswordField(
        label,
        [InputRequired("Choisissez un mot de passe.")],
        description=HOW_TO_CHOOSE,
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST_PASSWORD},
    )


def code_field(label: str, description: str = "") -> StringField:
    return StringField(
        label,
        [
            InputRequired("Écrivez les 6 chiffres que montre votre application."),
            Length(max=LONGEST_CODE, message="Ce code est trop long\u00a0: il a 6 chiffres."),
        ],
        description=description,
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"},
    )


def recovery_field() -> StringField:
    return StringField(
        "Code de secours",
        [
            InputRequired("Écrivez un de vos codes de secours."),
            Length(max=LONGEST_CODE, message="Ce code est trop long. Exemple\u00a0: ab2cd-ef3gh-jk4mn"),
        ],
        description="Trois groupes de cinq signes. Chacun ne sert qu’une fois.",
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"},
    )


class CodeForm(PortalForm):
    """The code of now."""

    code = code_field("Code à 6 chiffres")


class RecoveryForm(PortalForm):
    """A recovery code instead."""

    code = recovery_field()


class SetUpForm(PortalForm):
    """offer: the secret that was drawn, sealed; code: the proof that the application has it."""

    offer = HiddenField()
    code = code_field("Code à 6 chiffres", "Celui que l’application montre maintenant.")


class RenewForm(SetUpForm):
    """current: with the factor that is being replaced."""

    current = code_field("Code actuel", "Avec votre application d’aujourd’hui, ou un de vos codes de secours.")


class ResetRequestForm(PortalForm):
    mail = mail_field("Adresse e-mail", "Écrivez votre adresse e-mail.", autocomplete="username")


class NewPasswordForm(PortalForm):
    password = new_password("Nouveau mot de passe")


class ChangePasswordForm(NewPasswordForm):
    old = known_password("Mot de passe actuel")


class JoinForm(PortalForm):
    """Somebody who has no account yet."""

    name = name_field("Prénom et nom", "Écrivez votre prénom et votre nom.", autocomplete="name")
    password = new_password("Mot de passe")


class PasswordProofForm(PortalForm):
    password = known_password("Mot de passe")


def field_of_error(form: Any, field: str | None, default: str) -> str:
    """The field where a refusal is shown."""
    return field if field and field in form._fields else default
