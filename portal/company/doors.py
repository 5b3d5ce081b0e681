"""The blueprints of the companies' door."""

from flask import Blueprint, Flask

from portal.company import contact, orienter, pages
from portal.company.employees import employees
from portal.company.frame import companies
from portal.web.public_frame import surroundings

PAGES_OF_THE_OFFER = (contact, orienter, pages)  # importing them gives the blueprint its pages
ROOMS: tuple[Blueprint, ...] = (companies, employees)

for blueprint in ROOMS:
    blueprint.context_processor(surroundings)


def register(app: Flask) -> None:
    for blueprint in ROOMS:
        app.register_blueprint(blueprint)
