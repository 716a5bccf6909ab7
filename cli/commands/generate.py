"""``atelier generate``: new works from a model, saved as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cli.client import Client
from cli.connect import connected
from cli.follow import follow, hint_after_interrupt
from cli.inputs import complete_input, send_files, set_option, version_reference

SAVED_ROLES = ("output", "audio", "score")


@click.command()
@click.argument("model")
@click.option("--seed", type=click.IntRange(0), help="Same seed, same picture [default: a random one].")
@click.option("--count", type=click.IntRange(1), help="How many works.")
@click.option("--psi", type=float, help="Truncation: lower is more typical, higher more varied.")
@click.option("--operation", default="generate", show_default=True, help="What to do with the model.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("."),
    help="Folder for the files [default: this one].",
)
@set_option
@connected
def generate(
    client: Client,
    model: str,
    seed: int | None,
    count: int | None,
    psi: float | None,
    operation: str,
    output: Path,
    settings: tuple[str, ...],
) -> None:
    """Make works with MODEL ([owner/]name[:version]) and save them.

    Every file carries its recipe, so it can be made again.
    """
    body = {
        "version": version_reference(model),
        "operation": operation,
        "input": send_files(client, complete_input({"seed": seed, "count": count, "psi": psi}, settings)),
    }
    output.mkdir(parents=True, exist_ok=True)
    job = client.post("/v1/predictions", body)
    try:
        job = follow(client, f"/v1/predictions/{job['id']}", model)
    except KeyboardInterrupt:
        hint_after_interrupt(job["id"])
        raise
    for file in save_outputs(client, job, output):
        click.echo(file)


def save_outputs(client: Client, job: dict[str, Any], folder: Path) -> Iterator[Path]:
    """Download every output of a finished job into ``folder``, and the sound and score of music; gives the
    files as they come.
    """
    for file in job["files"]:
        if file["role"] in SAVED_ROLES:
            yield client.download(file["url"], folder, f"{job['id']}-{file['position']:02d}")
