"""The Collectif’s door."""
