"""``python -m bench.reliability``: every fault against Atelier and against stock Celery, as a table."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bench.reliability.atelier import Atelier
from bench.reliability.faults import every_fault
from bench.reliability.faults.fault import Fault
from bench.reliability.measure import HEAD, Row, measure
from bench.reliability.stock_celery import StockCelery
from bench.reliability.system import Missing, System, fresh
from bench.report import machine
from bench.stack import temporary_home

LOCKED_SECONDS = 15.0


def main() -> int:
    """Print the table; the exit code is 0 when we lost nothing and did nothing twice."""
    options = parser().parse_args()
    chosen = [fault for fault in every_fault(options.locked) if options.only in fault.name]
    sides = [side for side in ("Atelier", "Celery") if options.side in ("both", side.lower())]
    print(f"\n### Faults, ours beside stock Celery\n\n{machine()}\n\n{HEAD}", flush=True)
    rows: list[Row] = []
    with temporary_home() as folder:
        for number, fault in enumerate(chosen):
            for side in sides:
                rows.append(one(fault, side, fresh(folder, f"{side}-{number}"), options.trials))
                print(rows[-1].cells(), flush=True)
    for row in rows:
        if row.missing:
            print(f"\n{row.fault}, {row.system}: not done; {row.missing}.")
    ours = [row for row in rows if row.system == "Atelier"]
    if not ours:
        return 0
    exact = all(row.exact for row in ours)
    print(f"\nEvery accepted job of ours had exactly one effect: {'yes' if exact else '**no**'}.")
    return 0 if exact else 1


def one(fault: Fault, side: str, folder: Path, trials: int) -> Row:
    """One fault against one side, in a fresh place that goes away."""
    if side == "Celery" and fault.not_celery:
        return Row(fault.name, side, missing=fault.not_celery)
    system: System | None = None
    try:
        kind: type[Atelier | StockCelery] = Atelier if side == "Atelier" else StockCelery
        system = kind(folder, fault.setting)
        return measure(fault, system, trials)
    except Missing as reason:
        return Row(fault.name, side, missing=str(reason))
    finally:
        if system is not None:
            system.close()


def parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m bench.reliability", description=__doc__)
    parser.add_argument("--trials", type=int, default=5, help="how often each fault is done (default 5)")
    parser.add_argument("--only", default="", help="only faults whose name has this in it")
    parser.add_argument("--side", choices=("both", "atelier", "celery"), default="both")
    parser.add_argument(
        "--locked", type=float, default=LOCKED_SECONDS, help="for how long SQLite is locked (default 15 s)"
    )
    return parser


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A request that hangs in a thread must not hold up the end.
    os._exit(code)
