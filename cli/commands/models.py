"""``atelier models``: what can make something here."""

import click

from cli.client import Client
from cli.connect import connected
from cli.show import age_text, json_option, print_json, print_rows


@click.command()
@json_option
@connected
def models(client: Client, as_json: bool) -> None:
    """List the models of this Atelier."""
    entries = client.results("/v1/models")
    if as_json:
        print_json(entries)
        return
    rows = []
    for model in entries:
        version = model.get("latest_version") or {}
        created = age_text(version.get("created_at") or model.get("created_at"))
        rows.append((f"{model['owner']}/{model['name']}", str(version.get("id", "-"))[:12], created))
    print_rows(
        ("model", "version", "made"),
        rows,
        empty="There is no model yet. Train one: atelier train DATASET --name NAME",
    )
