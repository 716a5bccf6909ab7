"""Gallery: every finished work, filtered by model and kind, a page at a time."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from shared import library, views
from shared.catalogue import list_families
from web import captions, paging
from web.context import OWNER, services

blueprint = Blueprint("gallery", __name__)
PAGE = 48


@blueprint.get("/gallery")
def index() -> str:
    """The page, or with ``part`` only the next works and the way to more."""
    db = services().db
    models = {model.name: model for model in library.list_models(db)}
    learned = views.latest_versions(db)
    chosen = models.get(request.args.get("model", ""))
    kinds = _kinds()
    kind = request.args.get("kind") if request.args.get("kind") in kinds else None
    rows = views.works_page(
        db,
        OWNER,
        before=paging.cursor(),
        limit=PAGE + 1,
        model_id=chosen.id if chosen else None,
        kinds=kinds[kind] if kind else (),
    )
    page, following = paging.split(rows, PAGE, lambda work: work.artifact.id)
    values: dict[str, Any] = {"model": chosen.name if chosen else None, "kind": kind}
    more = url_for("gallery.index", cursor=following, **values) if following else None
    return render_template(
        "gallery_part.html" if "part" in request.args else "gallery.html",
        works=captions.hang(page),
        more=more,
        models=[model for model in models.values() if model.id in learned],
        chosen=chosen,
        kinds=list(kinds),
        kind=kind,
    )


def _kinds() -> dict[str, list[tuple[str, str]]]:
    """The kinds of works by title, as it stands in the source, with the families and operations behind each.

    One name of an operation means different things to different families, and one thing has several names:
    only by the title it is true what a filter says of the works under it.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for family in list_families(services().db):
        for operation in family.operations:
            if operation.needs == "version":
                found.setdefault(operation.title, []).append((family.name, operation.name))
    return found
