"""Every error leaves as one thing: problem details (RFC 9457) for programs, a page for people."""

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, json, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from shared.errors import AtelierError

log = logging.getLogger("atelier.web")

RETRY_AFTER_SECONDS = 2
CODES = {
    400: ("malformed_request", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer that method."),
    413: ("too_large", "The request is larger than this server accepts."),
    415: ("unsupported_media_type", "Send the body as application/json."),
}


def wants_json() -> bool:
    """Whether this request comes from a program and not from a person in front of a page."""
    if request.path.startswith(("/v1/", "/openapi.json", "/healthz", "/readyz")):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def respond(problem: dict[str, Any]) -> Response:
    """An answer that carries ``problem``."""
    status = int(problem["status"])
    if wants_json():
        response = make_response(jsonify(problem), status)
        response.mimetype = "application/problem+json"
    else:
        response = make_response(render_template("problem.html", problem=problem), status)
    response.headers.update(waiting_headers(status))
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Atelier", charset="UTF-8"'
    return response


def waiting_headers(status: int) -> dict[str, str]:
    """What tells a client when to come again after an answer of this status."""
    return {"Retry-After": str(RETRY_AFTER_SECONDS)} if status in (429, 503) else {}


def http_problem(error: HTTPException) -> dict[str, Any]:
    """What Flask or Werkzeug refused, as a problem."""
    status = error.code or 500
    code, text = CODES.get(status, (_phrase(status).lower().replace(" ", "_"), _phrase(status) + "."))
    return {
        "type": f"urn:atelier:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": text,
        "code": code,
    }


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _atelier_error(error: AtelierError) -> Response:
    if error.retryable and error.status >= 500:
        log.warning("%s %s: %s", request.method, request.path, error.message)
    elif error.status >= 500:
        log.error("%s %s: %s", request.method, request.path, error.message, exc_info=error)
        return _unexpected(error)
    return respond(error.problem())


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    response = respond(http_problem(error))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    if not isinstance(error, AtelierError):
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    return respond(
        {
            "type": "urn:atelier:problem:internal_error",
            "title": "internal error",
            "status": 500,
            "detail": "Something went wrong inside Atelier; the log of the web process says what.",
            "code": "internal_error",
        }
    )


def register(app: Flask) -> None:
    """Make every error of ``app`` a problem."""
    app.register_error_handler(AtelierError, _atelier_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def as_json(error: AtelierError) -> str:
    """``error`` as one line of JSON (for a stream that has begun)."""
    return json.dumps(error.problem())
