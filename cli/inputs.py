"""Reads what is typed on the command line into the input of an operation."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from cli.client import Client

#: A version is named by the SHA-256 of its weights.
VERSION = re.compile(r"[0-9a-f]{64}")

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Any other field of the input (the model's page lists them); may be given several times. "
    "FIELD=@FILE sends a file.",
)


def complete_input(options: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """The options that were given, and then every FIELD=VALUE; a value that is not JSON is text.

    Raises:
        click.BadParameter: if one of ``settings`` is not FIELD=VALUE.
    """
    chosen = {name: value for name, value in options.items() if value is not None}
    for text in settings:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{text!r} is not FIELD=VALUE", param_hint="--set")
        try:
            chosen[name] = json.loads(value)
        except ValueError:
            chosen[name] = value
    return chosen


def send_files(client: Client, given: Mapping[str, Any]) -> dict[str, Any]:
    """The input with every ``@FILE`` sent to the server and its id in the place.

    Raises:
        click.BadParameter: there is no such file.
        AtelierError: the server does not take it.
    """
    return {name: _sent(client, value) if _is_file(value) else value for name, value in given.items()}


def _is_file(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("@")


def _sent(client: Client, value: str) -> str:
    path = Path(value[1:]).expanduser()
    if not path.is_file():
        raise click.BadParameter(f"there is no file {path}", param_hint="--set")
    with path.open("rb") as stream:
        return str(client.upload("/v1/files", {}, [(path.name, stream)], field="content")["id"])


def version_reference(model: str, owner: str = "atelier") -> str:
    """How the API names what ``[owner/]name[:version]`` means; the hash of a version stays as it is."""
    return model if "/" in model or VERSION.fullmatch(model) else f"{owner}/{model}"
