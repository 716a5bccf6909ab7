"""What a browser adds to a request: cookies, the origin, the token of the page."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = {"Origin": "http://localhost"}
HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


def token(client: FlaskClient, path: str = "/datasets") -> str:
    """The token that the page at ``path`` carries; the client keeps the cookie."""
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', client.get(path, headers=HTML).text)
    assert found is not None
    return found.group(1)


def send(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    """Send a form as a browser without JavaScript does."""
    return client.post(path, data={"csrf_token": token(client), **fields}, headers={**ORIGIN, **HTML})
