"""Every e-mail of the portal: one pure function each, French typography, no name, no contact, no secret but its link."""

from collections.abc import Callable
from dataclasses import dataclass

from matching.vocabulary import Channel, Side
from portal.mail.letter import Letter
from portal.models.event import Message


@dataclass(frozen=True)
class Subject:
    """What a message may know of the request it is about. Links are absolute."""

    number: str
    side: Side
    channel: Channel
    tracking_url: str
    address_url: str
    guardian_url: str
    undecided_days: int
    guardian_days: int
    unconfirmed_hours: int
    applicant_days: int
    association: str | None = None

    @property
    def familiar(self) -> bool:
        """The young are said « tu »."""
        return self.side is Side.MENTEE and self.channel is Channel.SELF


def referral_received(about: Subject) -> Letter:
    keep = "Garde ce lien : il te dira" if about.familiar else "Gardez ce lien : il vous dira"
    return Letter(
        subject=f"Demande {about.number} : bien reçue",
        title="Votre demande est enregistrée" if not about.familiar else "Ta demande est enregistrée",
        paragraphs=(
            f"Elle porte le numéro {about.number}.",
            f"{keep} à tout moment où elle en est, quelle association l’a reçue et jusqu’à quand elle doit répondre.",
        ),
        action="Suivre la demande",
        url=about.tracking_url,
        after=("Toute personne qui a ce lien voit la même page : ne le transmettez qu’à vos proches.",)
        if not about.familiar
        else ("Toute personne qui a ce lien voit la même page : ne le donne qu’à tes proches.",),
    )


def confirm_address(about: Subject) -> Letter:
    asked = "Il reste une étape : confirme que cette adresse est bien la tienne."
    keep = "Ensuite, suis ta demande par ce lien, à garder pour toi :"
    if not about.familiar:
        asked = "Il reste une étape : confirmez que cette adresse est bien la vôtre."
        keep = "Ensuite, suivez la demande par ce lien, à garder pour vous :"
    return Letter(
        subject=f"Demande {about.number} : confirmer l’adresse",
        title=f"Demande {about.number} bien reçue",
        paragraphs=(asked, "Tant que ce n’est pas fait, la demande n’est transmise à personne."),
        action="Confirmer l’adresse",
        url=about.address_url,
        after=(
            f"Sans confirmation, la demande est effacée après {about.unconfirmed_hours} heures.",
            f"{keep} {about.tracking_url}",
        ),
    )


def guardian_consent(about: Subject) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : votre accord est nécessaire",
        title="Un jeune a besoin de votre accord",
        paragraphs=(
            (
                "Un jeune de moins de 15 ans a demandé à être accompagné par un mentor bénévole, dans une association. "
                "Il vous a désigné comme responsable légal."
            ),
            "Ouvrez la page pour lire ce qui est demandé, puis acceptez ou refusez. Rien n’est transmis avant.",
        ),
        action="Lire la demande et répondre",
        url=about.guardian_url,
        after=(f"Sans réponse dans les {about.guardian_days} jours, la demande est effacée.",),
    )


def guardian_informed(about: Subject) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : pour votre information",
        title="Un jeune a demandé un mentor",
        paragraphs=(
            (
                "Un jeune de 15 à 17 ans dont vous êtes responsable légal a demandé à être accompagné par un mentor "
                "bénévole. Sa demande va être confiée à une association."
            ),
            "L’association recueillera votre autorisation avant toute rencontre avec un mentor.",
        ),
        action="Suivre la demande",
        url=about.tracking_url,
    )


def referral_placed(about: Subject) -> Letter:
    who = about.association or "Une association"
    return Letter(
        subject=f"Demande {about.number} : confiée à une association",
        title=f"{who} a reçu la demande",
        paragraphs=(
            (
                f"Elle a {about.undecided_days} jours pour répondre. Si elle ne peut pas, la demande part d’elle-même "
                "vers une autre association."
            ),
        ),
        action="Voir où elle en est",
        url=about.tracking_url,
    )


def referral_accepted(about: Subject) -> Letter:
    who = about.association or "L’association"
    next_step = "Elle va prendre contact avec toi." if about.familiar else "Elle va prendre contact avec vous."
    return Letter(
        subject=f"Demande {about.number} : acceptée",
        title=f"{who} a accepté la demande",
        paragraphs=(next_step,),
        action="Voir la suite",
        url=about.tracking_url,
    )


def clarification_asked(about: Subject) -> Letter:
    who = about.association or "Une association"
    asked = "Réponds sur ta page de suivi" if about.familiar else "Répondez sur la page de suivi"
    return Letter(
        subject=f"Demande {about.number} : une question",
        title=f"{who} a une question",
        paragraphs=(f"Elle en a besoin avant de dire oui. {asked} : personne d’autre qu’elle ne lira la réponse.",),
        action="Lire la question et répondre",
        url=about.tracking_url,
    )


def applicant_awaited(about: Subject) -> Letter:
    if about.familiar:
        asked = "Une association a essayé de te joindre, sans succès. Veux-tu toujours un mentor ?"
        what = "Si oui, ouvre ta page de suivi et reprends ta demande : elle ira vers une autre association."
    else:
        asked = "Une association a essayé de vous joindre, sans succès. La demande tient-elle toujours ?"
        what = "Si oui, ouvrez la page de suivi et reprenez-la : elle ira vers une autre association."
    return Letter(
        subject=f"Demande {about.number} : toujours d’actualité ?",
        title="Toujours d’actualité ?",
        paragraphs=(asked, what),
        action="Reprendre la demande",
        url=about.tracking_url,
        after=(f"Sans nouvelle dans les {about.applicant_days} jours, la demande est close.",),
    )


LETTERS: dict[Message, Callable[[Subject], Letter]] = {
    Message.REFERRAL_RECEIVED: referral_received,
    Message.CONFIRM_ADDRESS: confirm_address,
    Message.GUARDIAN_CONSENT: guardian_consent,
    Message.GUARDIAN_INFORMED: guardian_informed,
    Message.REFERRAL_PLACED: referral_placed,
    Message.REFERRAL_ACCEPTED: referral_accepted,
    Message.CLARIFICATION_ASKED: clarification_asked,
    Message.APPLICANT_AWAITED: applicant_awaited,
}
