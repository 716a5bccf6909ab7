"""Gallery: every finished work, filtered by model and kind, a page at a time."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from shared import library, views
from shared.catalogue import list_families
from web import captions, paging
from web.context import OWNER, services
from web.texts import _

blueprint = Blueprint("gallery", __name__)
PAGE = 48


@blueprint.get("/gallery")
def index() -> str:
    """The page, or with ``part`` only the next works and the way to more."""
    db = services().db
    models = {model.name: model for model in library.list_models(db)}
    chosen = models.get(request.args.get("model", ""))
    operations = _operations()
    operation = request.args.get("kind") if request.args.get("kind") in operations else None
    rows = views.works_page(
        db,
        OWNER,
        before=paging.cursor(),
        limit=PAGE + 1,
        model_id=chosen.id if chosen else None,
        operation=operation,
    )
    page, following = paging.split(rows, PAGE, lambda work: work.artifact.id)
    values: dict[str, Any] = {"model": chosen.name if chosen else None, "kind": operation}
    more = url_for("gallery.index", cursor=following, **values) if following else None
    return render_template(
        "gallery_part.html" if "part" in request.args else "gallery.html",
        works=captions.hang(page),
        more=more,
        models=list(models.values()),
        chosen=chosen,
        operations=operations,
        operation=operation,
    )


def _operations() -> dict[str, str]:
    """The operations that make works, with their titles."""
    return {
        operation.name: _(operation.title)
        for family in list_families(services().db)
        for operation in family.operations
        if operation.needs == "version"
    }
