"""The e-mails of a request that comes in: received, to be confirmed, and what its guardian is asked or told."""

from matching.vocabulary import Channel
from portal.mail.letter import Closing, Letter, Link
from portal.mail.subject import Subject
from portal.mail.wording import day

GUARDIAN = Closing("Vous recevez ce message parce que cette adresse a été donnée comme celle du responsable légal.")
ASKED = {
    Channel.SELF: "Un jeune de moins de 15 ans a demandé à être accompagné par un mentor bénévole, dans une association. Il a donné votre adresse comme celle de son responsable légal.",
    Channel.FAMILY: "La famille d’un jeune de moins de 15 ans a demandé pour lui un mentor bénévole, dans une association. Votre adresse a été donnée comme celle du responsable légal.",
    Channel.PROFESSIONAL: "Un professionnel a demandé un mentor bénévole, dans une association, pour un jeune de moins de 15 ans. Il a donné votre adresse comme celle du responsable légal.",
}
TOLD = {
    Channel.SELF: "Un jeune de 15 à 17 ans dont vous êtes responsable légal a demandé à être accompagné par un mentor bénévole.",
    Channel.FAMILY: "La famille d’un jeune de 15 à 17 ans dont vous êtes responsable légal a demandé pour lui un mentor bénévole.",
    Channel.PROFESSIONAL: "Un professionnel a demandé un mentor bénévole pour un jeune de 15 à 17 ans dont vous êtes responsable légal.",
}
NOT_YOURS = "Cette demande ne vous dit rien ? Ne répondez pas : elle s’efface d’elle-même."


def referral_received(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : bien reçue",
        context=about.called,
        title=about.said(
            "Ta demande est enregistrée", "La demande est enregistrée", "Votre proposition est enregistrée"
        ),
        paragraphs=(
            about.said(
                "Garde ce lien : il te dira à tout moment où elle en est, quelle association l’a reçue et jusqu’à quand elle doit répondre.",
                "Gardez ce lien : il vous dira à tout moment où elle en est, quelle association l’a reçue et jusqu’à quand elle doit répondre.",
            ),
        ),
        action=f"Suivre {about.owned}",
        url=about.tracking_url,
        after=(
            about.said(
                "Toute personne qui a ce lien voit la même page : ne le donne qu’à tes proches.",
                "Toute personne qui a ce lien voit la même page : ne le transmettez qu’à vos proches.",
            ),
        ),
        closing=about.closing,
    )


def confirm_address(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : confirmer l’adresse",
        context=f"{about.called}, bien reçue",
        title="Il reste une étape : confirmer l’adresse",
        paragraphs=(
            about.said(
                "Confirme que cette adresse est bien la tienne. Tant que ce n’est pas fait, ta demande n’est transmise à personne.",
                "Confirmez que cette adresse est bien la vôtre. Tant que ce n’est pas fait, la demande n’est transmise à personne.",
                "Confirmez que cette adresse est bien la vôtre. Tant que ce n’est pas fait, votre proposition n’est transmise à personne.",
            ),
        ),
        action="Confirmer l’adresse",
        url=about.address_url,
        second=_follow(about),
        after=(
            about.said("Garde le lien de suivi pour toi.", "Gardez le lien de suivi pour vous.") + " " + _erased(about),
        ),
        closing=about.closing,
    )


def address_reminder(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : l’adresse reste à confirmer",
        context=f"{about.called}, en attente",
        title=about.said(
            "Ta demande attend ta confirmation", "La demande attend votre confirmation", "Votre proposition attend"
        ),
        paragraphs=(
            about.said(
                "Tu n’as pas encore confirmé ton adresse : aucune association n’a reçu ta demande.",
                "L’adresse n’est pas encore confirmée : aucune association n’a reçu la demande.",
                "L’adresse n’est pas encore confirmée : aucune association n’a reçu votre proposition.",
            ),
        ),
        action="Confirmer l’adresse",
        url=about.address_url,
        after=(
            _erased(about),
            about.said(
                "Tu as changé d’avis ? Il n’y a rien à faire.", "Vous avez changé d’avis ? Il n’y a rien à faire."
            ),
        ),
        closing=about.closing,
    )


def _erased(about: Subject) -> str:
    return f"Sans confirmation avant le {day(about.unconfirmed_until)}, tout est effacé."


def _follow(about: Subject) -> Link:
    return Link(f"Ensuite, suivre {about.owned}", about.tracking_url)


def guardian_consent(about: Subject) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : votre accord est nécessaire",
        context=f"Demande {about.number}",
        title="Un jeune a besoin de votre accord",
        paragraphs=(
            ASKED[about.channel],
            "Ouvrez la page pour lire ce qui est demandé, puis acceptez ou refusez. Rien n’est transmis avant.",
        ),
        action="Lire la demande et répondre",
        url=about.guardian_url,
        after=(_unanswered(about), NOT_YOURS),
        closing=GUARDIAN,
    )


def guardian_reminder(about: Subject) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : votre réponse est attendue",
        context=f"Demande {about.number}, en attente",
        title="Un jeune attend toujours votre accord",
        paragraphs=(
            "Un mentor bénévole est demandé pour un jeune de moins de 15 ans. Sans votre accord, la demande n’est transmise à aucune association.",
            "Oui ou non, répondre prend une minute.",
        ),
        action="Lire la demande et répondre",
        url=about.guardian_url,
        after=(_unanswered(about), NOT_YOURS),
        closing=GUARDIAN,
    )


def _unanswered(about: Subject) -> str:
    return f"Sans réponse avant le {day(about.guardian_until)}, la demande est effacée."


def guardian_informed(about: Subject) -> Letter:
    return Letter(
        subject=f"Demande {about.number} : pour votre information",
        context=f"Demande {about.number}",
        title="Un jeune a demandé un mentor"
        if about.channel is Channel.SELF
        else "Un mentor est demandé pour un jeune",
        paragraphs=(
            f"{TOLD[about.channel]} La demande va être confiée à une association.",
            "L’association recueillera votre autorisation avant toute rencontre avec un mentor.",
        ),
        action="Suivre la demande",
        url=about.tracking_url,
        closing=GUARDIAN,
    )
