"""The e-mails that are about no request: coming into the portal, and a company's request. No name, no contact."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.mail.letter import Closing, Letter, Link
from portal.models.outbox import Message


@dataclass(frozen=True)
class Knock:
    """What a message may know of whatever it is about. url: where it leads, absolute.

    place: the association, or the Collectif's team. duties: the role's label. patience: how long the link lasts, in
    words. number: a company's request. choices: the page where a member chooses their e-mails, absolute.
    """

    url: str
    place: str = ""
    duties: str = ""
    patience: str = ""
    number: str = ""
    choices: str = ""

    @property
    def closing(self) -> Closing:
        """What keeps an account safe is told whatever its owner chose."""
        link = Link("Choisir mes autres e-mails", self.choices) if self.choices else None
        return Closing("Message de sécurité : il est envoyé quels que soient vos choix.", link)


def invitation(about: Knock) -> Letter:
    return Letter(
        subject="Votre invitation au portail",
        context="Portail des demandes de mentorat",
        title=f"{about.place} vous invite",
        paragraphs=(
            f"Vous êtes invitée ou invité à travailler sur le portail des demandes de mentorat ({about.duties}).",
            "Ouvrez la page, choisissez un mot de passe, puis réglez un second facteur sur votre téléphone.",
        ),
        action="Accepter l’invitation",
        url=about.url,
        after=(
            f"Ce lien est personnel et vaut {about.patience}.",
            "Vous n’attendiez pas cette invitation ? Ignorez ce message : rien n’est créé sans vous.",
        ),
        closing=Closing("Vous recevez ce message parce que quelqu’un a donné cette adresse pour vous inviter."),
    )


def password_reset(about: Knock) -> Letter:
    return Letter(
        subject="Choisir un nouveau mot de passe",
        context="Votre compte",
        title="Choisissez un nouveau mot de passe",
        paragraphs=("Quelqu’un, vous sans doute, a demandé à changer le mot de passe de votre compte.",),
        action="Choisir un mot de passe",
        url=about.url,
        after=(
            f"Ce lien sert une fois et vaut {about.patience}. Le code de votre application restera demandé.",
            "Ce n’était pas vous ? Ignorez ce message : votre mot de passe ne change pas.",
        ),
        closing=about.closing,
    )


def password_changed(about: Knock) -> Letter:
    return Letter(
        subject="Votre mot de passe a changé",
        context="Votre compte",
        title="Votre mot de passe a changé",
        paragraphs=(
            "Le mot de passe de votre compte vient d’être changé. Vos autres sessions sont fermées.",
            "Ce n’était pas vous ? Choisissez-en un autre tout de suite, par un lien envoyé à cette adresse.",
        ),
        action="Choisir un autre mot de passe",
        url=about.url,
        after=("C’était vous ? Il n’y a rien à faire.",),
        closing=about.closing,
    )


def second_factor_reset(about: Knock) -> Letter:
    return Letter(
        subject="Votre second facteur a été retiré",
        context="Votre compte",
        title="Votre second facteur a été retiré",
        paragraphs=(
            "L’équipe du Collectif a retiré le second facteur de votre compte, et fermé vos sessions.",
            "À votre prochaine connexion, vous en réglerez un nouveau.",
        ),
        action="Se connecter",
        url=about.url,
        after=("Vous ne l’avez pas demandé ? Prévenez tout de suite l’équipe du Collectif.",),
        closing=about.closing,
    )


def lead_received(about: Knock) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : bien reçue",
        context=f"Demande {about.number}",
        title="Votre demande est enregistrée",
        paragraphs=(
            f"Elle porte le numéro {about.number}.",
            "Une personne de l’équipe du Collectif la lit et vous rappelle, ou vous écrit, sous quelques jours.",
        ),
        action="Revoir l’offre aux entreprises",
        url=about.url,
        after=("Pour préciser votre demande, répondez à l’adresse ci-dessous en rappelant son numéro.",),
        closing=Closing("Vous recevez ce message parce que cette adresse a été donnée pour cette demande."),
    )


ACCOUNT_LETTERS: dict[Message, Callable[[Knock], Letter]] = {
    Message.INVITATION: invitation,
    Message.PASSWORD_RESET: password_reset,
    Message.PASSWORD_CHANGED: password_changed,
    Message.SECOND_FACTOR_RESET: second_factor_reset,
    Message.LEAD_RECEIVED: lead_received,
}
