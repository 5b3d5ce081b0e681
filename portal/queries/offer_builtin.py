"""The texts of the offer as they are before staff publish their own: version 0 of every page, in the mark-up."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.models.company import OfferPage


@dataclass(frozen=True)
class BuiltinText:
    """title: one line. lead: a sentence or two, without marks. body: in the mark-up of portal.web.markup."""

    title: str
    lead: str
    body: str


HOME = BuiltinText(
    "Trois façons d’entrer dans le mentorat, une seule porte.",
    "Les associations du Collectif travaillent déjà avec des entreprises, de la PME au CAC 40. Choisissez selon où vous en "
    "êtes ; vous pourrez passer de l’une à l’autre.",
    """
## Pourquoi une entreprise s’engage

Un mentor donne quelques heures par mois à un jeune qui n’a pas toujours, autour de lui, quelqu’un à qui demander conseil. Vos salariés ont ce qu’il cherche : un métier, un parcours, des erreurs déjà faites, du temps régulier.

- **Pour le jeune** : davantage de confiance en son parcours, disent les études publiées par des membres du Collectif.
- **Pour le salarié** : un engagement qui se voit, cadré par une association, et qui dure six mois au moins.
- **Pour l’entreprise** : une action suivie par des professionnels, près de vos sites.

## Ce que fait le Collectif

Le Collectif Mentorat fédère des associations partout en France. Il ne met pas lui-même un jeune et un mentor en relation : c’est le métier des associations. Il vous aide à choisir lesquelles, et à faire les choses dans l’ordre.
""",
)

INFORMER = BuiltinText(
    "Le mentorat en dix questions",
    "Ce qu’est le mentorat, à qui il sert, et les formes que l’engagement d’une entreprise peut prendre.",
    """
## De quoi parle-t-on ?

Le mentorat est une relation **volontaire**, à deux, entre un mentor et un jeune de 5 à 30 ans. Une association l’encadre, pendant six mois au moins. Ce n’est ni un cours particulier, ni un stage, ni une promesse d’embauche.

## À qui cela sert-il ?

À des écoliers, des collégiens, des lycéens, des apprentis, des étudiants, de jeunes diplômés et de jeunes adultes. Certains habitent un quartier prioritaire ou un territoire rural, d’autres ont quitté l’école, sont réfugiés, vivent avec un handicap, ont été confiés à l’Aide sociale à l’enfance, ou veulent créer leur activité.

## Est-ce que cela marche ?

Des études publiées par des membres du Collectif donnent, parmi les jeunes qu’ils accompagnent, des parts comme celles-ci :

- 84 % ont davantage confiance en leur parcours ;
- 89 % ont de meilleurs résultats scolaires ;
- 72 % cernent mieux leur projet d’études ou de métier ;
- 86 % se connaissent mieux.

## Qui peut devenir mentor ?

Un salarié, un alternant, un retraité de l’entreprise : toute personne qui a un peu de temps et l’envie d’écouter. Aucun diplôme n’est demandé. L’association rencontre chaque mentor, le forme et le suit.

## Combien de temps cela prend-il ?

Quelques heures par mois, pendant six mois au moins. Les rencontres se font en présence, à distance, ou les deux.

## Sur le temps de travail ?

C’est vous qui en décidez. Donner un peu de temps de travail aide vos salariés à tenir dans la durée.

## Quelles formes l’engagement peut-il prendre ?

1. **Du temps** : vos salariés deviennent mentors.
2. **Un lieu** : vous ouvrez une salle pour les rencontres.
3. **Un soutien** : vous financez une association, en mécénat ou par un appel à projets.
4. **Des portes** : vous proposez des stages, de l’alternance, des visites.

## Faut-il être une grande entreprise ?

Non. Quelques volontaires suffisent pour commencer. Les associations travaillent avec des PME comme avec des groupes.

## Que se passe-t-il si le binôme ne s’entend pas ?

L’association le voit, en parle avec chacun, et propose un autre binôme. Personne n’est laissé seul.

## Par quoi commencer ?

Par une conversation. [Trouvez les associations](/entreprises/orienter) qui vous correspondent, ou demandez à être rappelés.
""",
)

ORIENTER = BuiltinText(
    "Trouver les associations qui vous correspondent",
    "Quelques questions sur vos valeurs, vos sites et vos salariés. Vous repartez avec des associations, et les raisons "
    "du choix.",
    """
## Comment le choix est fait

Chaque association du Collectif a dit qui elle accompagne, où, et sous quelle forme. Vos réponses sont comparées à ces règles, et à rien d’autre : aucune association ne paie pour apparaître plus haut.

## Ce que vous pourrez faire ensuite

- **Comparer** : chaque proposition dit pourquoi elle est là.
- **Demander une mise en relation** : l’équipe du Collectif vous rappelle et vous présente.
- **Recommencer** : rien n’est gardé tant que vous n’avez pas demandé à être rappelés.
""",
)

CONSEILLER = BuiltinText(
    "Déployer le mentorat dans votre entreprise",
    "Des textes prêts à reprendre, une façon de préparer un appel à projets, et un rendez-vous avec l’équipe.",
    """
## Quatre étapes

1. **Choisir** une ou deux associations, près de vos sites ou proches de vos valeurs.
2. **Décider du cadre** : quel temps est donné, qui suit le projet, pour combien de temps.
3. **L’annoncer** : une parole de la direction, un texte sur l’intranet, un mentor qui raconte.
4. **Faire le point** après trois mois, puis après six mois, avec l’association.

## Un kit à reprendre tel quel

Chaque texte du kit se télécharge. Changez ce qui est entre crochets, gardez le reste.

- Annoncer le mentorat à vos équipes.
- Répondre aux questions de vos salariés.
- Préparer un appel à projets auquel les associations répondront.

## Un lien pour vos salariés

Votre entreprise peut avoir sa propre page. Vos salariés s’y inscrivent ; leurs demandes vont à l’association la plus juste. Vous voyez combien ils sont, **jamais qui ils sont**.

## Une communauté d’entreprises

Les entreprises engagées se retrouvent régulièrement pour échanger leurs pratiques. Demandez un rendez-vous : nous vous y inviterons.
""",
)

EMPLOYEES = BuiltinText(
    "Devenez mentor",
    "Votre entreprise s’engage pour le mentorat. Quelques heures par mois, six mois au moins, avec une association à "
    "vos côtés.",
    """
## Ce qui vous est demandé

- **De l’écoute et de la régularité** : quelques heures par mois, six mois au moins.
- **Aucun diplôme** : votre parcours suffit, avec ses détours.
- **Aucune obligation de résultat** : vous n’êtes ni professeur, ni parent, ni recruteur.

## Ce que fait l’association

Elle vous rencontre, vous forme, choisit avec soin le jeune que vous accompagnerez, et reste là si quelque chose ne va pas.

## Ce que sait votre entreprise

Un nombre, et rien d’autre : combien de personnes se sont proposées par cette page. Ni votre nom, ni vos réponses, ni la suite donnée ne lui sont transmis.
""",
)

KIT_ANNOUNCEMENT = BuiltinText(
    "Annoncer le mentorat à vos équipes",
    "Un texte pour votre intranet ou votre lettre interne. Remplacez ce qui est entre crochets.",
    """
## Le message

**Objet : quelques heures par mois peuvent changer le parcours d’un jeune**

Bonjour,

À partir du [date], [nom de l’entreprise] s’engage pour le mentorat avec le Collectif Mentorat, qui fédère des associations partout en France.

Un mentor, c’est une personne qui donne quelques heures par mois, pendant six mois au moins, à un jeune de 5 à 30 ans : l’aider à s’orienter, à reprendre confiance, à comprendre un métier, à préparer un entretien. Une association rencontre chaque mentor, le forme et le suit.

Vous n’avez pas besoin d’être expert. Vous avez un parcours, des questions que vous vous êtes posées, des erreurs que vous ne referiez pas : c’est exactement ce qui manque à beaucoup de jeunes.

**Ce que nous mettons à votre disposition**

- [Nombre] heures par mois sur votre temps de travail.
- Une salle pour les rencontres, à [lieu].
- [Prénom et nom], pour toutes vos questions.

**Comment se proposer**

Ouvrez [lien de la page de votre entreprise]. Votre inscription va directement à l’association : l’entreprise connaît le nombre de volontaires, jamais leurs noms.

Merci à celles et ceux qui tenteront l’aventure.

[Signature de la direction]

## Pour que le message soit lu

1. **Faites-le signer** par la direction : c’est elle qui rend le temps possible.
2. **Rappelez-le une fois**, quelques semaines plus tard.
3. **Faites parler quelqu’un** qui est déjà mentor : trois phrases et un prénom valent mieux qu’une affiche.
4. **Donnez un chiffre vrai** au bout de trois mois : combien de volontaires ; votre page les compte. Pour les binômes, demandez à l’association.
""",
)

KIT_QUESTIONS = BuiltinText(
    "Les questions de vos salariés",
    "Ce que l’on vous demandera, et de quoi répondre simplement.",
    """
## Le temps

**Combien de temps faut-il donner ?**
Quelques heures par mois, pendant six mois au moins. L’association convient du rythme avec vous et avec le jeune.

**Puis-je le faire sur mon temps de travail ?**
[Dites ici ce que votre entreprise a décidé.]

**Et si je pars en vacances, ou si ma charge augmente ?**
Prévenez le jeune et l’association. Une pause annoncée se passe bien ; une absence sans explication abîme la confiance.

## Le rôle

**Dois-je savoir enseigner ?**
Non. Certaines associations font de l’aide aux devoirs, beaucoup accompagnent l’orientation, la confiance ou l’entrée dans l’emploi. Vous direz ce que vous préférez.

**Qui choisit le jeune que j’accompagnerai ?**
L’association, selon vos souhaits, vos disponibilités et ce dont le jeune a besoin.

**Puis-je être mentor à distance ?**
Oui, si l’association le propose. Beaucoup mêlent les deux.

**Suis-je responsable de ce qui arrive au jeune ?**
Vous n’êtes ni parent, ni tuteur. L’association encadre la relation, et vous avez toujours quelqu’un à appeler.

## Les règles

**Que va-t-on me demander ?**
Un entretien, une formation courte et, pour accompagner une personne mineure, les vérifications que l’association vous indiquera.

**Mon employeur saura-t-il que je suis mentor ?**
Il connaît le nombre de volontaires venus par la page de l’entreprise, et rien d’autre. Le dire reste votre choix.

**Puis-je arrêter ?**
Oui. Parlez-en d’abord à l’association : elle prépare la suite avec le jeune.

**Et après six mois ?**
Vous continuez, vous accompagnez quelqu’un d’autre, ou vous racontez autour de vous ce que vous avez vécu.
""",
)

KIT_CALL_FOR_PROJECTS = BuiltinText(
    "Préparer un appel à projets",
    "Une trame pour écrire un appel auquel les associations du Collectif pourront répondre vite et bien.",
    """
## Avant d’écrire

1. **Ce que vous voulez voir changer**, en une phrase. « Que les lycéens professionnels de nos bassins trouvent une alternance » vaut mieux que « agir pour la jeunesse ».
2. **Ce que vous apportez** : un montant, du temps de salariés, des lieux, des stages.
3. **Où** : vos sites, ou un territoire que vous voulez soutenir.
4. **Combien de temps** : un mentorat dure six mois au moins ; un projet de mentorat, deux ou trois ans.

## La trame

### Le contexte
Qui vous êtes, pourquoi vous le faites, ce que vous avez déjà essayé.

### Les projets attendus
- Le public : âge, situation, territoire.
- La forme : en présence, à distance, ou les deux.
- Le nombre de jeunes que vous aimeriez voir accompagnés, **sans en faire un couperet**.

### Ce que vous demandez
- Une présentation de l’association et du programme, en deux pages.
- Le nombre de jeunes accompagnés l’an dernier et l’objectif de cette année.
- Un budget simple, avec les autres financements.
- La façon dont les mentors sont choisis, formés et suivis.

### Comment vous choisirez
Donnez vos critères et leur poids. Dites qui décide, et quand.

### Le calendrier
- **Six semaines** pour répondre.
- **Quatre semaines** pour choisir, avec un échange pour chaque finaliste.
- **Une réponse à toutes**, avec ses raisons.

## Ce qui aide les associations

- Un seul dossier, dans un format courant.
- Un contact qui répond aux questions, et les réponses envoyées à toutes.
- Un financement annoncé sur plusieurs années.
- Un bilan demandé une fois par an, avec peu d’indicateurs : les huit indicateurs communs aux membres suffisent souvent.

## Et le Collectif ?

L’équipe relit votre appel, le fait connaître aux associations membres et répond à vos questions. [Prenez rendez-vous](/entreprises/conseiller).
""",
)

BUILTIN: Mapping[OfferPage, BuiltinText] = {
    OfferPage.HOME: HOME,
    OfferPage.INFORMER: INFORMER,
    OfferPage.ORIENTER: ORIENTER,
    OfferPage.CONSEILLER: CONSEILLER,
    OfferPage.EMPLOYEES: EMPLOYEES,
    OfferPage.KIT_ANNOUNCEMENT: KIT_ANNOUNCEMENT,
    OfferPage.KIT_QUESTIONS: KIT_QUESTIONS,
    OfferPage.KIT_CALL_FOR_PROJECTS: KIT_CALL_FOR_PROJECTS,
}
