"""Who may ask: the Host header, the password, the origin of a browser's request, CSRF; and the headers.

On loopback there is no password, so a page of another site must not be able to ask: the Host header must
name this machine (DNS rebinding), a browser's writing request must come from our own origin, and it must
carry the token that only our own pages know.
"""

import base64
import binascii
import hmac
import ipaddress
import secrets
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request

from shared.errors import ConfigurationError, Forbidden, MalformedRequest, Unauthorized
from shared.settings import Settings
from web.context import services

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
#: Answer without a password, for health checks of a proxy or an orchestrator.
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
CSRF_COOKIE = "atelier_csrf"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
#: Headers of every answer that does not say otherwise itself.
DRESS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", PAGE_POLICY),
    ("Cache-Control", "no-store"),
)


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) is this machine only."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_settings(settings: Settings) -> None:
    """Refuse to serve the network without a password.

    Raises:
        ConfigurationError: when ``host`` is not loopback and no password is set.
    """
    if not is_loopback(settings.host) and not settings.password:
        raise ConfigurationError(
            f"ATELIER_HOST is {settings.host}, which other machines can reach: set ATELIER_PASSWORD "
            "(or ATELIER_PASSWORD_FILE), or bind 127.0.0.1",
            field="ATELIER_PASSWORD",
        )


def register(app: Flask) -> None:
    """Guard every request of ``app`` and dress every answer."""
    app.before_request(_check_host)
    app.before_request(_check_password)
    app.before_request(_check_origin)
    app.after_request(_dress)
    app.jinja_env.globals["csrf_token"] = csrf_token


def csrf_token() -> str:
    """The token of this browser; the answer sets its cookie when it had none."""
    known = request.cookies.get(_cookie_name(), "")
    if len(known) == 43:
        return known
    if "csrf" not in g:
        g.csrf = secrets.token_urlsafe(32)
    return str(g.csrf)


def check_form_token() -> None:
    """Compare the token in the submitted form with the cookie; pages call it once the form is read.

    Raises:
        Forbidden: when they differ.
    """
    sent = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    _compare(sent)


def _cookie_name() -> str:
    return f"__Host-{CSRF_COOKIE}" if request.is_secure else CSRF_COOKIE


def _compare(sent: str) -> None:
    known = request.cookies.get(_cookie_name(), "")
    if not known or not hmac.compare_digest(sent.encode(), known.encode()):
        raise Forbidden(
            "This form is out of date or came from elsewhere. Reload the page and send it again.",
            code="csrf_failed",
        )


def _check_host() -> None:
    settings = services().settings
    if not _may_name(settings.host, request.host):
        raise MalformedRequest("This server does not answer for that host name.", code="wrong_host")


@lru_cache(maxsize=256)
def _may_name(bound: str, asked: str) -> bool:
    """Whether a request to a server bound to ``bound`` may ask for the host (and port) ``asked``."""
    try:
        host = urlsplit(f"//{asked}").hostname
    except ValueError:
        return False
    return host is not None and (is_loopback(host) or not is_loopback(bound))


def _check_password() -> None:
    password = services().settings.password
    if not password or request.path in OPEN_PATHS:
        return
    if not any(hmac.compare_digest(given.encode(), password.encode()) for given in _credentials(request)):
        raise Unauthorized("Send the password as a bearer token, or type it when the browser asks.")


def _credentials(asked: Request) -> list[str]:
    scheme, _, value = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token"):
        return [value.strip()]
    if scheme.lower() == "basic":
        try:
            return [base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]]
        except (binascii.Error, UnicodeDecodeError):
            return []
    return []


def _check_origin() -> None:
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none") or (origin is not None and not _is_own(origin)):
        raise Forbidden("This request came from a page of another site.", code="foreign_origin")
    # A browser names an origin; its JSON calls must then prove they come from one of our pages.
    if origin is not None and request.path.startswith("/v1/"):
        _compare(request.headers.get(CSRF_HEADER, ""))


def _is_own(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc == request.host


def _dress(response: Response) -> Response:
    given = {name.lower() for name, _ in response.headers}
    for name, value in DRESS:
        if name.lower() not in given:
            response.headers.add(name, value)
    if "csrf" in g:
        response.set_cookie(
            _cookie_name(), g.csrf, httponly=True, samesite="Strict", secure=request.is_secure, path="/"
        )
    return response
