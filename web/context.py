"""What a request needs, made once by ``create_app`` and found again through the Flask application."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from shared.artifacts import Store
from shared.database import Database
from shared.migrate import OWNER
from shared.settings import Settings
from web.hub import Hub
from web.moment import Moment
from web.ringing import WebBell

__all__ = ["OWNER", "Services", "services"]


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of Atelier that the web stands on."""

    settings: Settings
    db: Database
    store: Store
    bell: WebBell
    hub: Hub
    moment: Moment


def services() -> Services:
    """The parts of the application that serves this request."""
    return cast(Services, current_app.extensions["atelier"])
