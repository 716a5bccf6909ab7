"""``python -m bench.reliability.rescuer URL SECONDS``: rescue what is lost as often as it goes."""

from __future__ import annotations

import sys
import time

from shared import jobs
from shared.database import Database
from shared.errors import Unavailable


def main() -> None:
    """Say that it begins, then rescue until the time is over."""
    db = Database(sys.argv[1])
    jobs.rescue(db)
    print("rescuing", flush=True)
    over = time.monotonic() + float(sys.argv[2])
    while time.monotonic() < over:
        try:
            jobs.rescue(db)
        except Unavailable:
            continue
        # Four of them without any pause would take the write lock from everybody else.
        time.sleep(0.01)


if __name__ == "__main__":
    main()
