"""The association portal of the Collectif Mentorat."""
