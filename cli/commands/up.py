"""``atelier up``: everything on this machine, until Ctrl-C."""

import time
from pathlib import Path

import click

from cli.stack import bell
from cli.stack.lock import hold_home
from cli.stack.ports import claim_port
from cli.stack.programs import local_address, make_programs
from cli.stack.supervisor import Supervisor, stop_on_signals
from shared.settings import Settings, bell_socket, load_settings


@click.command()
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of this Atelier.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the page; 0 takes any free one.")
@click.option("--host", help="Address to listen on; one that others can reach needs ATELIER_PASSWORD.")
def up(home: Path | None, port: int | None, host: str | None) -> None:
    """Start Atelier on this machine: page, workers and what they need. Ctrl-C stops it.

    Everything it keeps is in one folder (--home, ATELIER_HOME, or ~/.atelier).
    """
    settings = load_settings(home=home, port=port, host=host)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with hold_home(settings.home):
        settings = settings.model_copy(update={"port": claim_port(settings.host, settings.port)})
        bell.shut_down(bell_socket(settings.home))
        supervisor = Supervisor(make_programs(settings), say)
        address_file = settings.home / "run" / "address"
        say("atelier", f"starting in {settings.home}; Ctrl-C stops it, logs are in {settings.home / 'logs'}")
        try:
            with stop_on_signals(supervisor.stop):
                supervisor.run(on_ready=lambda: _announce(settings, address_file))
        finally:
            address_file.unlink(missing_ok=True)
        say("atelier", "stopped")


def say(name: str, text: str) -> None:
    """One line of status on the terminal."""
    stamp = click.style(time.strftime("%H:%M:%S"), dim=True)
    click.echo(f"{stamp}  {click.style(name.ljust(8), bold=True)} {text}")


def _announce(settings: Settings, address_file: Path) -> None:
    address = local_address(settings)
    address_file.write_text(address, encoding="utf-8")
    say("atelier", f"ready: {click.style(address, fg='green', bold=True)}")
