"""``atelier dataset``: bring works in, see what is there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli.archive import CountingReader, packed
from cli.client import Client
from cli.connect import connected
from cli.follow import follow, hint_after_interrupt
from cli.show import age_text, json_option, print_json, print_rows

SHOWN_REFUSALS = 20


@click.group()
def dataset() -> None:
    """Collections of works to train on."""


@dataset.command("list")
@json_option
@connected
def list_datasets(client: Client, as_json: bool) -> None:
    """List the data sets."""
    entries = client.results("/v1/datasets")
    if as_json:
        print_json(entries)
        return
    print_rows(
        ("id", "name", "works", "added"),
        [
            (entry["id"], str(entry["name"]), str(entry["item_count"]), age_text(entry.get("created_at")))
            for entry in entries
        ],
        empty="There is no data set yet. Add one: atelier dataset add DIR --name NAME",
    )


@dataset.command("add")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="Name of the data set [default: the name of the folder or file].")
@connected
def add(client: Client, source: Path, name: str | None) -> None:
    """Upload SOURCE, a folder of works or a zip, and check every file in it.

    Sub-folders are kept: their names can serve as labels.
    """
    name = name or source.resolve().stem
    with packed(source) as archive:
        job = _upload(client, archive, source, name)
    try:
        job = follow(client, f"/v1/ingests/{job['id']}", "checking")
    except KeyboardInterrupt:
        hint_after_interrupt(job["id"])
        raise
    _print_report(client, job["output"])


def _upload(client: Client, archive: Path, source: Path, name: str) -> dict[str, Any]:
    upload_name = source.name if source.is_file() else f"{source.resolve().name}.zip"
    columns = (TextColumn("uploading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar, CountingReader(archive) as stream:
        task = bar.add_task("", total=stream.size)
        stream.on_read = lambda count: bar.advance(task, count)
        job: dict[str, Any] = client.upload("/v1/datasets", {"name": name}, [(upload_name, stream)])
        return job


def _print_report(client: Client, output: Mapping[str, Any]) -> None:
    kept = client.get(f"/v1/datasets/{output['dataset']}")
    refused = output["report"]["refused"]
    click.echo(f"{kept['name']}: {kept['item_count']} works kept, {len(refused)} refused")
    for entry in refused[:SHOWN_REFUSALS]:
        click.echo(f"  {entry['name']}: {entry['reason']}", err=True)
    if len(refused) > SHOWN_REFUSALS:
        click.echo(f"  and {len(refused) - SHOWN_REFUSALS} more: {kept['urls']['web']}", err=True)
