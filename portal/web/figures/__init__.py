"""Figures in words and drawings: periods, findings, charts, masks and sheets, the same on pages and in documents."""
