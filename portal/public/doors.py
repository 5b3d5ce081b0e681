"""The blueprints of this door."""

from flask import Flask

from portal.public import sending, steps
from portal.public.figures import public_figures
from portal.public.home import home
from portal.public.links import links
from portal.public.tracking import tracking
from portal.public.visit import intake
from portal.web.public_frame import surroundings

PAGES_OF_FORMS = (steps, sending)  # importing them gives the blueprint its pages
BLUEPRINTS = (home, intake, tracking, links, public_figures)

for blueprint in BLUEPRINTS:
    blueprint.context_processor(surroundings)


def register(app: Flask) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
