"""Every sum of a period, association by association: what staff take away as one file."""

from typing import Any

from sqlalchemy import Row, func, select, union_all

from portal.foundation.extensions import db
from portal.models.association import Association
from portal.queries.figures import SUMS, Period


def sums_of(period: Period) -> list[Row[Any]]:
    """Rows (association, side, measure, dimension, value, amount); association None: the whole network. One statement."""
    own = union_all(
        *(
            select(sums.association_id, sums.side, sums.measure, sums.dimension, sums.value, sums.amount).where(
                sums.day.between(period.first, period.last)
            )
            for sums in SUMS
        )
    ).subquery()
    key = (Association.name, own.c.side, own.c.measure, own.c.dimension, own.c.value)
    query = (
        select(*key, func.sum(own.c.amount))
        .outerjoin(Association, Association.id == own.c.association_id)
        .group_by(*key)
        .having(func.sum(own.c.amount) != 0)
        .order_by(Association.name.nulls_first(), *key[1:])
    )
    return list(db.session.execute(query))
