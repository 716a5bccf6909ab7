"""The account's share and limit: shown, changed, and refused when they make no sense."""

import pytest
from flask.testing import FlaskClient

from tests.unit.web.seed import Studio


def test_it_tells_share_limit_and_what_waits(client: FlaskClient, studio: Studio) -> None:
    found = client.get("/v1/account").get_json()
    assert (found["username"], found["weight"], found["max_running"]) == ("atelier", 1.0, None)
    assert (found["queued"], found["running"]) == (0, 0)


def test_both_can_be_changed(client: FlaskClient) -> None:
    changed = client.patch("/v1/account", json={"weight": 2, "max_running": 3})
    assert changed.status_code == 200
    assert (changed.get_json()["weight"], changed.get_json()["max_running"]) == (2.0, 3)
    again = client.patch("/v1/account", json={"max_running": None}).get_json()
    assert (again["weight"], again["max_running"]) == (2.0, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weight": 0}, "weight"),
        ({"weight": 101}, "weight"),
        ({"weight": "much"}, "weight"),
        ({"weight": True}, "weight"),
        ({"max_running": 0}, "max_running"),
        ({"max_running": 1.5}, "max_running"),
        ({"max_running": 10**9}, "max_running"),
        ({"name": "x"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused(client: FlaskClient, body: dict[str, object], field: str) -> None:
    answer = client.patch("/v1/account", json=body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert client.get("/v1/account").get_json()["weight"] == 1.0
