"""First and last names for people who do not exist."""

YOUNG_WOMEN = (
    "Lina", "Inès", "Jade", "Louise", "Camille", "Sarah", "Manon", "Yasmine", "Chloé", "Emma", "Aïcha", "Zoé", "Léa",
    "Nour", "Clara", "Maëlys", "Fatou", "Anaïs", "Rose", "Mariam", "Juliette", "Assia", "Éva", "Awa", "Lou", "Kenza",
    "Mathilde", "Djeneba", "Alice", "Salomé", "Myriam", "Lucie", "Hafsa", "Océane", "Romane", "Élise", "Kadiatou",
    "Célia", "Noémie", "Soraya", "Margaux", "Imane", "Ambre", "Maëva", "Thi-Lan", "Agathe", "Sofia", "Marame", "Pauline",
    "Lilou", "Dounia", "Charlotte", "Elif", "Victoire", "Nawel", "Ninon", "Tatiana", "Coumba", "Apolline", "Leïla",
)  # fmt: skip
YOUNG_MEN = (
    "Adam", "Rayan", "Lucas", "Hugo", "Mohamed", "Louis", "Yanis", "Nathan", "Ibrahim", "Gabriel", "Enzo", "Amine",
    "Théo", "Moussa", "Jules", "Ilyes", "Maxime", "Sami", "Arthur", "Mamadou", "Léo", "Bilal", "Tom", "Ismaël", "Noah",
    "Kévin", "Paul", "Youssef", "Ethan", "Antoine", "Ousmane", "Clément", "Walid", "Baptiste", "Aboubacar", "Evan",
    "Raphaël", "Nassim", "Titouan", "Mehdi", "Sacha", "Cheikh", "Victor", "Anas", "Mathéo", "Zakaria", "Simon", "Emre",
    "Loïc", "Souleymane", "Gabin", "Minh", "Robin", "Farid", "Côme", "Dylan", "Kylian", "Malo", "Nolan", "Timothée",
)  # fmt: skip
WOMEN = (
    "Sophie", "Nathalie", "Isabelle", "Valérie", "Catherine", "Sandrine", "Fatima", "Céline", "Aurélie", "Marie-Claude",
    "Françoise", "Martine", "Hélène", "Élodie", "Samira", "Caroline", "Delphine", "Amandine", "Anne-Laure", "Nadia",
    "Véronique", "Émilie", "Sylvie", "Florence", "Brigitte", "Mélanie", "Claire", "Audrey", "Mireille", "Agnès",
    "Corinne", "Aminata", "Laurence", "Christine", "Malika", "Béatrice", "Karine", "Patricia", "Dominique", "Rokia",
)  # fmt: skip
MEN = (
    "Philippe", "Laurent", "Stéphane", "Karim", "Nicolas", "Olivier", "David", "Christophe", "Julien", "Thomas",
    "Bernard", "Jean-Pierre", "Patrick", "Mathieu", "Guillaume", "Vincent", "Rachid", "Benoît", "Frédéric", "Marc",
    "Gilles", "Jérôme", "Pascal", "Cédric", "Didier", "Arnaud", "Xavier", "Hervé", "Yves", "Thierry", "Abdel",
    "Sylvain", "Fabrice", "Denis", "Lionel", "Modibo", "Emmanuel", "Ali", "Serge", "Bruno",
)  # fmt: skip
LAST_NAMES = (
    "Abadie", "Aubert", "Bailleul", "Bakayoko", "Barbier", "Baudry", "Belkacem", "Benali", "Benoist", "Bernier",
    "Besson", "Blanchet", "Bonnefoy", "Bouchard", "Boudjemaa", "Bouvier", "Brunel", "Camara", "Carlier", "Castel",
    "Chabert", "Chevallier", "Cissé", "Cordier", "Coulibaly", "Crépin", "Da Silva", "Daniel", "Debruyne", "Delattre",
    "Delcourt", "Delmas", "Demir", "Descamps", "Diallo", "Diop", "Dubreuil", "Ducrocq", "Dumoulin", "Duquesne", "Fabre",
    "Fauvel", "Ferreira", "Flament", "Fofana", "Gaillard", "Garnier", "Gauthier", "Girault", "Gomes", "Grandjean",
    "Guérin", "Guichard", "Haddad", "Hamidi", "Herbaut", "Hoarau", "Huguet", "Imbert", "Jacquet", "Joly", "Jourdan",
    "Kaba", "Karaca", "Keïta", "Klein", "Konaté", "Labbé", "Lacroix", "Lagarde", "Lambert", "Langlois", "Lebrun",
    "Leclercq", "Lefebvre", "Legrand", "Lemoine", "Leroux", "Lopes", "Mahieu", "Mallet", "Marchand", "Marques",
    "Martel", "Masson", "Mbaye", "Meunier", "Millet", "Monnier", "Morvan", "N’Diaye", "Nguyen", "Noël", "Ould",
    "Payet", "Pelletier", "Perrin", "Picard", "Pinto", "Poirier", "Prévost", "Quéméner", "Rahmani", "Renaud", "Ribeiro",
    "Rivière", "Rousseau", "Roussel", "Saïdi", "Sanchez", "Schmitt", "Sissoko", "Soulier", "Sow", "Tessier", "Thévenet",
    "Thibault", "Touré", "Traoré", "Trân", "Vasseur", "Verdier", "Vidal", "Vigneron", "Wagner", "Weber", "Yıldız",
    "Zerrouki", "Ziani", "Zeller",
)  # fmt: skip
