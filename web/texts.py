"""The catalogue of texts: English in the source, Chinese in translations/, as the reader wants."""

from typing import Any

import flask_babel
from flask import Flask, has_request_context, request

LANGUAGES = ("en", "zh")
LANGUAGE_COOKIE = "atelier_language"


def _(text: str, **values: Any) -> str:
    """``text`` in the reader's language, with %(name)s filled in."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """The form of the text that fits ``count`` (%(num)s), in the reader's language."""
    return str(flask_babel.ngettext(one, many, count, **values))


def N_(text: str) -> str:
    """Mark ``text`` for the catalogue; it is translated where it is shown."""
    return text


def language() -> str:
    """The language of this request: the switch's cookie, else what the browser asks for."""
    if not has_request_context():
        return LANGUAGES[0]
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    # Any Chinese is better served by ours than by English.
    for wanted in request.accept_languages.values():
        if wanted.lower().split("-")[0] in LANGUAGES:
            return wanted.lower().split("-")[0]
    return LANGUAGES[0]


def html_language() -> str:
    """The value of the page's ``lang`` attribute."""
    return "zh-Hans" if language() == "zh" else "en"


def register(app: Flask) -> None:
    """Make ``app`` speak."""
    babel = flask_babel.Babel()
    babel.init_app(
        app, default_locale="en", locale_selector=language, default_translation_directories="translations"
    )
    app.jinja_env.globals.update(language=language, html_language=html_language)
