"""The pages that explain."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching.ranking import PolicyName
from portal.models.routing import RoutingPolicy
from portal.public.home import SHARES


@pytest.mark.parametrize(
    ("name", "hops", "said"),
    [
        ("arm", 3, ("3. La plus loin de son objectif", "Après 3 associations essayées")),
        ("first_match", 5, ("3. Le premier programme qui convient", "Après 5 associations essayées")),
        ("random", 1, ("3. Un tirage au sort", "Après 1 association essayée")),
    ],
)
def test_the_public_rule_is_the_one_in_force(
    client: FlaskClient, arrange: Session, name: str, hops: int, said: tuple[str, ...]
) -> None:
    arrange.add(RoutingPolicy(version=7, name=name, maximum_hops=hops))
    arrange.commit()
    page = client.get("/repartition").text.replace("\u00a0", " ")
    for words in said:
        assert words in page


def test_every_policy_can_be_told_to_the_public() -> None:
    assert set(SHARES) == set(PolicyName)
