"""Language and theme: two cookies, so that they also work without JavaScript."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from shared.errors import InvalidInput
from web.frame import THEME_COOKIE, THEMES
from web.security import check_form_token
from web.texts import LANGUAGE_COOKIE, LANGUAGES

blueprint = Blueprint("preferences", __name__)
YEAR_SECONDS = 365 * 86400


@blueprint.post("/preferences")
def change() -> Response:
    """Remember a choice and go back."""
    check_form_token()
    response = redirect(_back(), 303)
    for field, cookie, known in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        value = request.form.get(field)
        if value is not None:
            if value not in known:
                raise InvalidInput(f"{field} is one of {', '.join(known)}", field=field)
            response.set_cookie(cookie, value, max_age=YEAR_SECONDS, samesite="Lax")
    return response


def _back() -> str:
    """Where the reader was: a path of our own and nothing else."""
    path = request.form.get("back", "/")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
