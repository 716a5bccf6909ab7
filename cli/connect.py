"""The options that every command that talks to a running Atelier has."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cli.client import Client, find_address
from shared.settings import load_settings


def connected(command: Callable[..., None]) -> Callable[..., None]:
    """Give ``command`` a ``Client`` as its first argument, made from --url, --home and the environment.

    A group does its own work only where no subcommand is named; its --url and --home count for that one.
    """

    @click.option("--url", help="Address of the Atelier to talk to [default: the one on this machine].")
    @click.option("--home", type=click.Path(path_type=Path), help="Folder of the local Atelier to talk to.")
    @wraps(command)
    def run(*arguments: Any, url: str | None, home: Path | None, **options: Any) -> None:
        context = click.get_current_context()
        if context.invoked_subcommand is not None:
            context.default_map = {context.invoked_subcommand: {"url": url, "home": home}}
            return
        settings = load_settings(home=home)
        with Client(url or find_address(settings), settings.password) as client:
            command(client, *arguments, **options)

    return run
