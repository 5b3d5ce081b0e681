"""The routing engine: a decision tree, then ARM. Pure Python: no framework, no clock, no chance."""
