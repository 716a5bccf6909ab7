"""What a training from a version may ask for: the network and the representation are the version's own."""

from __future__ import annotations

from shared.errors import InvalidInput

from .options import TrainOptions
from .version import Version
from .voices_layout import VoicesLayout


def require_same(options: TrainOptions, base: Version) -> None:
    """Raises InvalidInput, naming the first field that asks for something else than ``base`` is built of."""
    config = base.network.config
    own: dict[str, str | int | bool] = {
        "cell": config.cell,
        "hidden": config.hidden,
        "layers": config.layers,
        "lookback": config.heads > 0,
    }
    if options.representation != "auto":
        own["representation"] = "voices" if isinstance(base.layout, VoicesLayout) else "events"
    for field, value in own.items():
        wanted = getattr(options, field)
        if wanted != value:
            raise InvalidInput(
                f"{field}: the version to go on from has {_said(value)}, and {_said(wanted)} was asked for. "
                f"Training cannot change that: set {field} to {_said(value)}.",
                field=field,
                code="other_network",
            )


def _said(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
