"""``atelier train``: a model from a data set."""

import re
from typing import Any

import click

from cli.client import Client
from cli.connect import connected
from cli.follow import follow, hint_after_interrupt
from cli.inputs import complete_input, set_option
from shared.errors import NotFound


@click.command()
@click.argument("dataset")
@click.option("--name", required=True, help="Name of the model; another version of it when it exists.")
@click.option("--family", help="Kind of model [default: the one that learns from such works].")
@click.option("--resolution", type=click.IntRange(1), help="Side of the pictures in pixels.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Train this long.")
@click.option(
    "--kimg", type=click.FloatRange(min=0, min_open=True), help="Train on so many thousand pictures."
)
@click.option("--seed", type=click.IntRange(0), help="Same seed, same training [default: a random one].")
@click.option("--from", "start", metavar="VERSION", help="Go on from a version instead of from scratch.")
@click.option("--detach", is_flag=True, help="Start the training and return.")
@set_option
@connected
def train(
    client: Client,
    dataset: str,
    name: str,
    family: str | None,
    resolution: int | None,
    minutes: float | None,
    kimg: float | None,
    seed: int | None,
    start: str | None,
    detach: bool,
    settings: tuple[str, ...],
) -> None:
    """Train a model on DATASET (its name or its id). The best snapshot becomes a version of the model."""
    options = {"resolution": resolution, "minutes": minutes, "kimg": kimg, "seed": seed}
    body: dict[str, Any] = {
        "input": complete_input({"dataset": find_dataset(client, dataset), **options}, settings),
        "destination": f"atelier/{slug(name)}",
        "title": name,
    }
    if family:
        body["family"] = family
    if start:
        body["version"] = start
    job = client.post("/v1/trainings", body)
    click.echo(f"training {job['id']}: {client.address}/jobs/{job['id']}", err=True)
    if detach:
        return
    try:
        job = follow(client, f"/v1/trainings/{job['id']}", name)
    except KeyboardInterrupt:
        hint_after_interrupt(job["id"])
        raise
    click.echo(job["output"]["version"])


def find_dataset(client: Client, wanted: str) -> str:
    """The id of the data set with that id or name (the newest when several share it).

    Raises:
        NotFound: if there is none; the message lists those that exist.
    """
    known = list(client.results("/v1/datasets"))
    for entry in known:
        if entry["id"] == wanted:
            return wanted
    for entry in known:
        if entry["name"] == wanted:
            return str(entry["id"])
    names = ", ".join(sorted({str(entry["name"]) for entry in known})) or "none yet"
    raise NotFound(f"there is no data set {wanted!r} (there are: {names}). Add one: atelier dataset add DIR")


def slug(name: str) -> str:
    """``name`` as part of an address: small letters, digits and dashes.

    Raises:
        click.BadParameter: if nothing is left of it.
    """
    made = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not made:
        raise click.BadParameter(
            f"{name!r} has no letter (a-z) or digit to make an address of", param_hint="--name"
        )
    return made[:64].rstrip("-")
