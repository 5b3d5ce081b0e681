"""The colours of every drawing, as written in the SVG itself: a style sheet does not reach inside one in a PDF.

The same values as static/css/tokens.css (a test compares); on a page figures.css lets a brand's own colours replace
those a brand may change.
"""

INK = "#1c2630"
INK_2 = "#4a5763"
PAPER = "#ffffff"
LINEN_2 = "#f3ebdd"
EDGE = "#e2d8c8"
EDGE_BUTTON = "#bdb19f"
EDGE_FIELD = "#857a6b"
PETROL = "#0f5460"
PETROL_MID = "#4c8f98"
CORAL = "#f2674a"
CORAL_TEXT = "#b5371b"
SUN = "#ffc24b"
MAP_2 = "#8fbfc1"

RAMP = ("#f3ebdd", "#cfe3e2", "#8fbfc1", "#4c8f98", "#0f5460")
TILES = ("#f3ebdd", "#cfe3e2", "#8fbfc1", "#3a7b84", "#0f5460")
ON_TILES = (INK, INK, INK, PAPER, PAPER)
PARTS = ((PETROL, PAPER), (MAP_2, INK), (SUN, INK), (EDGE_BUTTON, INK))
LINES = ((PETROL, PETROL), (CORAL, CORAL_TEXT), (EDGE_FIELD, INK_2))
