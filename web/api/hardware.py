"""Hardware: the devices of the workers that are there."""

from flask import Blueprint, Response, jsonify

from shared.workers import list_workers
from web.context import services

blueprint = Blueprint("hardware", __name__)


@blueprint.get("/v1/hardware")
def index() -> Response:
    """One entry a device; its SKU is the device's name."""
    rows = {row.device: str(row.info.get("title", row.device)) for row in list_workers(services().db)}
    return jsonify([{"sku": device, "name": name} for device, name in sorted(rows.items())])
