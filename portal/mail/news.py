"""The e-mails of a request on its way: what becomes of it, and what its owner is asked meanwhile."""

from portal.mail.letter import Letter
from portal.mail.subject import Subject
from portal.mail.wording import day, plural


def referral_placed(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : confiée à une association",
        context=about.called,
        title=f"{about.who} a reçu {about.owned}",
        paragraphs=(
            f"Elle a {plural(about.undecided_days, 'jour')} pour répondre. Si elle ne peut pas, {about.owned} part d’elle-même vers une autre association, avec sa date d’origine.",
            about.said("Il n’y a rien à faire de ton côté.", "Il n’y a rien à faire de votre côté."),
        ),
        action="Voir où elle en est",
        url=about.tracking_url,
        closing=about.closing,
    )


def referral_waitlisted(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : en attente d’une place",
        context=about.called,
        title=about.said(
            "Ta demande attend une place", "La demande attend une place", "Votre proposition attend une place"
        ),
        paragraphs=(
            "Des associations conviennent, mais elles sont complètes aujourd’hui.",
            about.said(
                "Ta demande part dès qu’une place s’ouvre, avec sa date d’origine. Tu n’as rien à faire.",
                "La demande part dès qu’une place s’ouvre, avec sa date d’origine. Vous n’avez rien à faire.",
                "Elle part dès qu’une place s’ouvre, avec sa date d’origine. Vous n’avez rien à faire.",
            ),
        ),
        action="Voir où elle en est",
        url=about.tracking_url,
        closing=about.closing,
    )


def referral_accepted(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : acceptée",
        context=about.called,
        title=f"{about.who} a dit oui",
        paragraphs=(
            about.said(
                "L’association va te contacter : garde un œil sur ton téléphone et tes messages.",
                "L’association va prendre contact.",
                "L’association va vous contacter.",
            ),
        ),
        action="Voir la suite",
        url=about.tracking_url,
        closing=about.closing,
    )


def referral_paired(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : {about.said('un mentor est trouvé', 'un mentor est trouvé', 'un jeune à accompagner')}",
        context=about.called,
        title=about.said("Tu as un mentor", "Un mentor est trouvé", "Vous êtes mentor"),
        paragraphs=(
            f"{about.who} suit le binôme.",
            about.said(
                "Une question, un doute ? Parles-en à l’association : elle est là pour ça.",
                "Une question, un doute ? L’association est là pour y répondre.",
            ),
        ),
        action="Voir la page de suivi",
        url=about.tracking_url,
        closing=about.closing,
    )


def referral_closed(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : terminée",
        context=about.called,
        title=about.said("Ta demande est terminée", "La demande est terminée", "Votre proposition est terminée"),
        paragraphs=(
            about.said(
                "Ta page de suivi dit ce qui s’est passé, et ce que tu peux faire maintenant.",
                "La page de suivi dit ce qui s’est passé, et ce que vous pouvez faire maintenant.",
            ),
            about.said("Tu peux en faire une autre quand tu veux.", "Vous pouvez en faire une autre à tout moment."),
        ),
        action="Voir la page de suivi",
        url=about.tracking_url,
        closing=about.last_closing,
    )


def clarification_asked(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : une question",
        context=about.called,
        title=f"{about.who} a une question",
        paragraphs=(
            about.said(
                "Elle en a besoin avant de dire oui. Réponds sur ta page de suivi : personne d’autre qu’elle ne lira ta réponse.",
                "Elle en a besoin avant de dire oui. Répondez sur la page de suivi : personne d’autre qu’elle ne lira la réponse.",
            ),
        ),
        action="Lire la question et répondre",
        url=about.tracking_url,
        closing=about.closing,
    )


def applicant_awaited(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : toujours d’actualité ?",
        context=about.called,
        title=about.said(
            "Veux-tu toujours un mentor ?",
            "La demande tient-elle toujours ?",
            "Votre proposition tient-elle toujours ?",
        ),
        paragraphs=(
            about.said(
                "Une association a essayé de te joindre, sans succès.",
                "Une association a essayé de joindre la personne, sans succès.",
                "Une association a essayé de vous joindre, sans succès.",
            ),
            about.said(
                "Si oui, ouvre ta page de suivi et reprends ta demande : elle ira vers une autre association.",
                "Si oui, ouvrez la page de suivi et reprenez-la : elle ira vers une autre association.",
            ),
        ),
        action=about.said("Reprendre ma demande", "Reprendre la demande", "Reprendre ma proposition"),
        url=about.tracking_url,
        after=(f"Sans nouvelle dans les {plural(about.applicant_days, 'jour')}, {about.owned} est close.",),
        closing=about.closing,
    )


def erasure_notice(about: Subject) -> Letter:
    return Letter(
        subject=f"{about.called} : bientôt oubliée",
        context=f"{about.called}, sans nouvelle depuis deux ans",
        title=about.said(
            "Ta demande sera bientôt oubliée",
            "La demande sera bientôt oubliée",
            "Votre proposition sera bientôt oubliée",
        ),
        paragraphs=(
            f"À partir du {day(about.forgotten_on)}, plus rien de personnel n’en est gardé : ni nom, ni coordonnées, ni réponses. Les chiffres retiennent seulement qu’elle a existé.",
            about.said(
                "Il n’y a rien à faire. Tu préfères la garder ? Écris-nous avant ce jour, en rappelant son numéro.",
                "Il n’y a rien à faire. Vous préférez la garder ? Écrivez-nous avant ce jour, en rappelant son numéro.",
            ),
        ),
        action="Voir la page de suivi",
        url=about.tracking_url,
        closing=about.last_closing,
    )
