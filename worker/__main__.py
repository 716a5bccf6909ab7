"""``python -m worker``: one worker, a child process per device."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import warnings
from collections.abc import Sequence

from celery.platforms import SecurityWarning

from shared.catalogue import announce
from shared.database import Database
from shared.errors import AtelierError, ConfigurationError
from shared.ids import new_id
from shared.lifecycle import LANES
from shared.migrate import open_database
from shared.settings import Settings, load_settings
from worker import devices
from worker.app.child import Plan
from worker.app.lifeline import Lifeline
from worker.app.parent import Parent
from worker.registry import discover

#: What waits in the first lane is served first: people before files before trainings.
URGENCY = ("interactive", "ingest", "training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker until it is told to stop; the exit code tells whether that was in order."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(
            lanes=options.lanes, device=options.device, families=options.families
        )
        _log_to_stderr(settings.log_level)
        plan = prepare(settings, options.name, starter=options.starter)
    except AtelierError as error:
        sys.stderr.write(f"atelier worker: {error.message}\n")
        return 1
    return Parent(plan).run()


def prepare(settings: Settings, name: str | None, *, starter: bool = True) -> Plan:
    """Everything that can be wrong is found here, before any child is there.

    Raises:
        ConfigurationError: a lane, device or family that cannot be used, or a database that is too new.
        Unavailable: the database does not answer.
    """
    lanes = parse_lanes(settings.lanes)
    registry = discover(settings.families)
    found = [devices.cpu()] if lanes == ("ingest",) else devices.find(settings.device)
    db = open_database(settings)
    announce(db, registry.descriptions())
    starter = starter and "ingest" in lanes and _starter_missing(db)
    # Nothing of the parent's may be open when it forks.
    db.engine.dispose()
    name = name or f"{socket.gethostname()}-{new_id()[-4:]}"
    return Plan(settings, registry, tuple(found), lanes, name, Lifeline(), starter=starter)


def _starter_missing(db: Database) -> bool:
    # Imported here: only a worker of the lane ingest should read it.
    from worker.starter import missing

    return bool(missing(db))


def parse_lanes(text: str) -> tuple[str, ...]:
    """The lanes of a comma-separated list, the most urgent first. Raises ConfigurationError."""
    wanted = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(wanted - set(LANES))
    if unknown or not wanted:
        given = f"there is no lane {unknown[0]!r}" if unknown else "no lane is given"
        raise ConfigurationError(f"{given}; there is {', '.join(LANES)}", field="ATELIER_LANES")
    return tuple(lane for lane in URGENCY if lane in wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker", description="Run a worker of Atelier.")
    parser.add_argument("--lanes", help="comma-separated: interactive, training, ingest (default: all)")
    parser.add_argument(
        "--device", help="auto, or cpu, cuda, cuda:N, comma-separated: a child for each (default: auto)"
    )
    parser.add_argument("--name", help="how this worker is called on the page (default: host and a suffix)")
    parser.add_argument("--families", help="modules of more families, comma-separated")
    parser.add_argument(
        "--no-starter",
        dest="starter",
        action="store_false",
        help="do not add the starter pack (a worker of the lane ingest adds it when it is missing)",
    )
    return parser


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    for chatty in ("alembic", "celery.worker.strategy"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Its advice (an option --uid) is about Celery's own command; docs/operating.md says how to run as nobody.
    warnings.filterwarnings("ignore", category=SecurityWarning)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of libraries must not hold up the end.
    os._exit(code)
