"""Faults put into the engine on purpose: a guard is taken out of the source of the function that has it.

Nothing in the product can be switched off. A mutant rewrites the function's source, and every module that
holds the function gets the rewritten one until the test is over.
"""

import inspect
import sys
import textwrap
from dataclasses import dataclass
from importlib import import_module

import pytest


@dataclass(frozen=True)
class Edit:
    """In this function of this module of ``shared``, ``old`` (which stands there once) becomes ``new``."""

    module: str
    function: str
    old: str
    new: str = ""


@dataclass(frozen=True)
class Mutant:
    """A fault, and the invariants of which one at least must be seen to break."""

    name: str
    breaks: str
    edits: tuple[Edit, ...]
    #: Whether the tables' CHECKs are off, which would refuse some of it by themselves.
    unchecked: bool = False


KEYS = 'bindparam("the_keys", expanding=True)'
#: The statement is kept once it is built: the mutant builds its own, of its own guards.
REBUILT = Edit("jobs.finish", "_success", "held_all()", "held_all()")

MUTANTS = (
    Mutant(
        "no token guard",
        "I1|I2|I3|model",
        (
            Edit("jobs.lease", "held", "jobs.c.lease_token == lease.token", "True"),
            Edit("jobs.lease", "held_all", f"{KEYS})", f"{KEYS}) | (jobs.c.lease_token >= 0)"),
            REBUILT,
        ),
    ),
    Mutant(
        "no state guard",
        "I1|I2|I3|model",
        (
            Edit("jobs.lease", "held", "jobs.c.state == State.PROCESSING", "True"),
            Edit("jobs.lease", "held_all", "jobs.c.state == State.PROCESSING", "True"),
            REBUILT,
        ),
        unchecked=True,
    ),
    Mutant(
        "garbage without a grace",
        "I5",
        (Edit("garbage", "collect", "before = clock - grace_seconds", "before = inf"),),
    ),
    Mutant(
        "garbage that is not judged",
        "I5",
        (Edit("garbage", "_judge", "if kept.put_at < before and kept.hash in unneeded:", "if True:"),),
    ),
    Mutant(
        "a commit that ignores cancel",
        "I2|I6",
        (Edit("jobs.finish", "_success", ", jobs.c.cancel_requested.is_(False)"),),
        unchecked=True,
    ),
    Mutant(
        "a rescue that leaves the token",
        "I7|model",
        (Edit("jobs.rescue", "_settle", "lease_token=jobs.c.lease_token + 1,"),),
    ),
    Mutant(
        "a claim over the owner's limit",
        "I9|model",
        (Edit("jobs.claim", "claim", "taken = running_limit.keep(connection, taken, limits)"),),
    ),
    Mutant(
        "followers left behind by a cancel",
        "I10|model",
        (Edit("jobs.followers", "promote", "if not rows:", "if True:"),),
    ),
)


def apply(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the fault in, until ``monkeypatch`` takes it out again."""
    for edit in mutant.edits:
        module = import_module(f"shared.{edit.module}")
        original = getattr(module, edit.function)
        source = textwrap.dedent(inspect.getsource(original))
        assert source.count(edit.old) == 1, f"{edit} names what is not there (once)"
        scope: dict[str, object] = {}
        exec(compile(source.replace(edit.old, edit.new), f"<{mutant.name}>", "exec"), module.__dict__, scope)
        for name, holder in list(sys.modules.items()):
            if name.partition(".")[0] == "shared" and getattr(holder, edit.function, None) is original:
                monkeypatch.setattr(holder, edit.function, scope[edit.function])
