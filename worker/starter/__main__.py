"""`python -m worker.starter`: add what of the starter pack is missing, in a process of its own."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.artifacts import open_store
from shared.errors import AtelierError
from shared.migrate import open_database
from shared.settings import load_settings
from worker.starter.installing import install


def main(arguments: Sequence[str] | None = None) -> int:
    """Install into the database and store of the settings; the exit code tells whether it worked."""
    parser = argparse.ArgumentParser(prog="python -m worker.starter", description=__doc__)
    parser.add_argument("--home", type=Path, help="Atelier's folder (default: ATELIER_HOME or ~/.atelier)")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(home=options.home)
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        added = install(open_database(settings), open_store(settings.store_url))
    except AtelierError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write("".join(f"added {key}\n" for key in added) or "nothing to add\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
