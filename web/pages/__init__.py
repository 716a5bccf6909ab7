"""The pages people see, rendered here and made livelier by small ES modules."""

from flask import Flask

from web.pages import (
    analyze,
    collections,
    create,
    gallery,
    jobs,
    models,
    muse,
    preferences,
    train,
    workers,
    works,
)

PAGES = (analyze, collections, create, gallery, jobs, models, muse, preferences, train, workers, works)


def register(app: Flask) -> None:
    """Add every page to ``app``."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
