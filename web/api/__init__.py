"""The HTTP API in the shape of Replicate's: one file a resource."""

from flask import Flask

from web.api import (
    account,
    datasets,
    estimate,
    families,
    files,
    hardware,
    health,
    ingests,
    jobs,
    models,
    openapi,
    predictions,
    trainings,
    versions,
    workers,
)

RESOURCES = (
    account,
    datasets,
    estimate,
    families,
    files,
    hardware,
    health,
    ingests,
    jobs,
    models,
    openapi,
    predictions,
    trainings,
    versions,
    workers,
)


def register(app: Flask) -> None:
    """Add every resource to ``app``."""
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint)
