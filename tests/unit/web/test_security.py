import base64
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.unit.web import browser
from web.app import create_app
from web.security import check_settings, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9", "atelier.localhost"])
def test_loopback_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.5", "evil.example", "127.0.0.1.evil.example", ""])
def test_names_that_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_an_open_address_needs_a_password(settings_for: Callable[..., Settings]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_settings(settings_for(host="0.0.0.0"))
    assert "ATELIER_PASSWORD" in refused.value.message
    check_settings(settings_for(host="0.0.0.0", password="secret"))


@pytest.mark.parametrize("host", ["evil.example", "192.168.0.5:8000", "localhost.evil.example", "[", ""])
def test_a_foreign_host_header_is_refused(client: FlaskClient, host: str) -> None:
    answer = client.get("/v1/account", headers={"Host": host})
    assert answer.status_code == 400
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:8000", "[::1]:8000"])
def test_this_machine_under_any_port_is_served(client: FlaskClient, host: str) -> None:
    assert client.get("/v1/account", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_write(client: FlaskClient, headers: dict[str, str]) -> None:
    for path in ("/v1/predictions", "/datasets", "/preferences", "/v1/files"):
        answer = client.post(path, headers={**headers, **browser.JSON})
        assert answer.status_code == 403, path
        assert answer.get_json()["code"] == "foreign_origin"


def test_a_browser_call_of_the_api_needs_the_page_token(client: FlaskClient) -> None:
    known = browser.token(client)
    refused = client.post("/v1/predictions", json={}, headers=browser.ORIGIN)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "csrf_failed")
    passed = client.post("/v1/predictions", json={}, headers={**browser.ORIGIN, "X-CSRF-Token": known})
    assert passed.get_json()["code"] == "invalid_input"


def test_a_program_without_an_origin_needs_no_token(client: FlaskClient) -> None:
    assert client.post("/v1/predictions", json={}).get_json()["code"] == "invalid_input"


def test_a_form_with_a_wrong_token_is_refused(client: FlaskClient) -> None:
    browser.token(client)
    answer = client.post(
        "/preferences", data={"csrf_token": "x" * 43, "theme": "dark"}, headers=browser.ORIGIN
    )
    assert answer.status_code == 403
    assert client.post("/preferences", data={"theme": "dark"}).status_code == 403


def test_pages_carry_a_strict_policy_and_no_inline_code(client: FlaskClient) -> None:
    page = client.get("/datasets", headers=browser.HTML)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert " style=" not in page.text and "<style" not in page.text and " onclick=" not in page.text
    assert page.text.count("<script") == page.text.count('<script type="module" src=')


def test_the_cookie_of_the_token_is_closed(client: FlaskClient) -> None:
    cookie = client.get("/datasets").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie


class TestWithPassword:
    @pytest.fixture
    def app(self, settings_for: Callable[..., Settings]) -> Flask:
        return create_app(settings_for(host="0.0.0.0", password="open sesame"))

    @pytest.mark.parametrize(
        "path", ["/", "/v1/account", "/openapi.json", "/artifacts/x", "/datasets", "/nothing"]
    )
    def test_nothing_is_shown_without_it(self, client: FlaskClient, path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize(
        "value", ["Bearer wrong", "Basic !!!", "Basic " + base64.b64encode(b"x:y").decode(), ""]
    )
    def test_a_wrong_one_is_refused(self, client: FlaskClient, value: str) -> None:
        assert client.get("/v1/account", headers={"Authorization": value}).status_code == 401

    @pytest.mark.parametrize(
        "value", ["Bearer open sesame", "Basic " + base64.b64encode(b"anyone:open sesame").decode()]
    )
    def test_the_right_one_opens(self, client: FlaskClient, value: str) -> None:
        assert client.get("/v1/account", headers={"Authorization": value}).status_code == 200

    def test_health_needs_none(self, client: FlaskClient) -> None:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
