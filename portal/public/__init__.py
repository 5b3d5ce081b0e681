"""A door: see the README."""
