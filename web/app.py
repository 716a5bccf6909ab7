"""The one place where the web application is put together."""

from pathlib import Path

from flask import Flask

from shared.artifacts import open_store
from shared.broker import Bell
from shared.migrate import open_database
from shared.settings import Settings
from web import accepted, api, files, frame, pages, problems, security, static_files, texts, uploads, words
from web.context import Services
from web.hub import Hub
from web.moment import Moment
from web.ringing import WebBell

#: A form's fields and boundaries around the files it carries.
FORM_BYTES = 1 << 20


def create_app(settings: Settings) -> Flask:
    """The web application of ``settings``: its database migrated, its store open.

    Raises:
        ConfigurationError: the settings cannot be served (an open address without a password, say).
    """
    security.check_settings(settings)
    app = Flask("web", root_path=str(Path(__file__).parent), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = (settings.max_upload_mb << 20) + FORM_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    db = open_database(settings)
    app.extensions["atelier"] = Services(
        settings=settings,
        db=db,
        store=open_store(settings.store_url),
        bell=WebBell(Bell(settings)),
        hub=Hub(settings),
        moment=Moment(db),
    )
    for part in (texts, words, accepted, problems, security, uploads, static_files, frame, api, pages):
        part.register(app)
    app.register_blueprint(files.blueprint)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    return app
