"""Drawings of figures, as SVG made on the server: the same on a page and in a document, each with its table.

A drawing is a frozen dataclass of plain data; nothing here touches the database or the request.
"""

from portal.web.charts.bars import Bar, Bars
from portal.web.charts.base import Chart, DataTable
from portal.web.charts.classes import class_bounds
from portal.web.charts.france import FranceMap
from portal.web.charts.funnel import Funnel, Stage
from portal.web.charts.measure import COUNT, MASKED, SHARE, Masked, Measure, Value
from portal.web.charts.pairs import Pair, Pairs
from portal.web.charts.progress import Progress
from portal.web.charts.spark import Spark
from portal.web.charts.stacks import Stack, Stacks
from portal.web.charts.trend import Highlight, Line, Trend

__all__ = [
    "COUNT",
    "MASKED",
    "SHARE",
    "Bar",
    "Bars",
    "Chart",
    "DataTable",
    "FranceMap",
    "Funnel",
    "Highlight",
    "Line",
    "Masked",
    "Measure",
    "Pair",
    "Pairs",
    "Progress",
    "Spark",
    "Stack",
    "Stacks",
    "Stage",
    "Trend",
    "Value",
    "class_bounds",
]
