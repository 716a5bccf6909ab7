"""Rule files and catalogues made for tests."""

from __future__ import annotations

from pathlib import Path

from worker.advice.catalogue import Catalogue, Figure
from worker.advice.rules import Rule, read_rules

CATALOGUE = Catalogue(
    {
        "work.size": Figure("work.size", "Size", "cm", 1, 10.0),
        "work.share": Figure("work.share", "Share", "%", 0, 0.2),
        "work.lean": Figure("work.lean", "Lean", "°", 1, 2.0),
        "mood.valence": Figure("mood.valence", "Valence"),
        "mood.arousal": Figure("mood.arousal", "Arousal"),
        "aim.valence_gap": Figure("aim.valence_gap", "Valence, wanted minus found"),
        "aim.arousal_gap": Figure("aim.arousal_gap", "Arousal, wanted minus found"),
    }
)
LARGE = """
[[rule]]
id = "large"
kind = "advice"
when = ["work.size > 50"]
text = "It measures {work.size}."
source = "A ruler"
"""


def read(folder: Path, text: str, *, facts: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """The rules in a text."""
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path, CATALOGUE, ("advice", "strength"), facts)


def large(**fields: str) -> str:
    """The rule "large" with lines of TOML replaced or added."""
    lines = dict(line.split(" = ", 1) for line in LARGE.strip().splitlines()[1:])
    return "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in (lines | fields).items()) + "\n"
