"""What is: one module an aggregate. Importing this package registers every table."""

from portal.models import (
    account,
    assignment,
    association,
    bounce,
    campaign,
    capacity,
    clarification,
    company,
    document,
    event,
    figure,
    identity,
    objective,
    programme,
    referral,
    routing,
)

__all__ = [
    "account",
    "assignment",
    "association",
    "bounce",
    "campaign",
    "capacity",
    "clarification",
    "company",
    "document",
    "event",
    "figure",
    "identity",
    "objective",
    "programme",
    "referral",
    "routing",
]
