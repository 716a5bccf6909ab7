"""Reads what is typed on the command line into the input of an operation."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import click

#: A version is named by the SHA-256 of its weights.
VERSION = re.compile(r"[0-9a-f]{64}")

set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Any other field of the input (the model's page lists them); may be given several times.",
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


def version_reference(model: str, owner: str = "atelier") -> str:
    """How the API names what ``[owner/]name[:version]`` means; the hash of a version stays as it is."""
    return model if "/" in model or VERSION.fullmatch(model) else f"{owner}/{model}"
