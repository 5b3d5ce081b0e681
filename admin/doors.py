"""The blueprints of the Collectif's door."""

from flask import Flask

from admin.associations import associations
from admin.orientation import orientation
from admin.referrals import referrals


def register(app: Flask) -> None:
    for blueprint in (referrals, orientation, associations):
        app.register_blueprint(blueprint)
