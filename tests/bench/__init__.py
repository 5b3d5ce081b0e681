"""Measures on real servers and real processes: python -m tests.bench."""
