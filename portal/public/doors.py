"""The blueprints of this door."""

from flask import Flask

from portal.public import sending, steps
from portal.public.home import home, surroundings
from portal.public.links import links
from portal.public.tracking import tracking
from portal.public.visit import intake

PAGES_OF_FORMS = (steps, sending)  # importing them gives the blueprint its pages
BLUEPRINTS = (home, intake, tracking, links)

for blueprint in BLUEPRINTS:
    blueprint.context_processor(surroundings)


def register(app: Flask) -> None:
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
