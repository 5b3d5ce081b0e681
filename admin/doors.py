"""The blueprints of the Collectif's door."""

from flask import Flask

from admin.accounts import accounts
from admin.association_settings import association_settings
from admin.associations import associations
from admin.campaigns import campaign_room
from admin.companies import companies
from admin.criteria import review
from admin.documents import documents
from admin.engine import engine
from admin.engine_replays import replays
from admin.leads import leads
from admin.morning import morning
from admin.objectives import objectives
from admin.offer import offer
from admin.orientation import orientation
from admin.platform import platform
from admin.referrals import referrals
from admin.statistics import statistics


def register(app: Flask) -> None:
    for blueprint in (
        referrals,
        orientation,
        associations,
        review,
        association_settings,
        documents,
        objectives,
        campaign_room,
        leads,
        companies,
        offer,
        statistics,
        accounts,
        morning,
        platform,
        engine,
        replays,
    ):
        app.register_blueprint(blueprint)
