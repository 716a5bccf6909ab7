"""How the bench at quarters says what it found, and what others published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.music.tally import Tally

#: TCN's table: Bai, Kolter & Koltun 2018, "An Empirical Evaluation of Generic Convolutional and Recurrent
#: Networks for Sequence Modeling", table 1. Joint: Boulanger-Lewandowski, Bengio & Vincent 2012, table 1;
#: Coconet's own RNN-NADE: Huang et al. 2017. The chorales' joint figures are from memory, not looked up.
PUBLISHED = {
    ("jsb", "independent"): "RNN 8.91, LSTM 8.45, GRU 8.43, TCN 8.10",
    ("jsb", "joint"): "RNN-RBM 6.27, RNN-NADE 5.56, Coconet's own RNN-NADE 5.03",
    ("nottingham", "independent"): "RNN 4.05, LSTM 3.29, GRU 3.46, TCN 3.07",
    ("nottingham", "joint"): "RNN-RBM 2.39, RNN-NADE 2.31",
}


@dataclass(frozen=True)
class Row:
    """What one way of telling reached, and the processor minutes until it was known."""

    name: str
    test: Tally
    valid: Tally
    minutes: float


def table(rows: Sequence[Row], published: str) -> str:
    """The rows as Markdown, nats per frame."""
    lines = [
        "| protocol | test, frames 2..T | test, 1..T | validation, 2..T | CPU minutes | published test |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = f"{row.test.later:.3f} | {row.test.all:.3f} | {row.valid.later:.3f} | {row.minutes:.1f}"
        lines.append(f"| {row.name} | {figures} | {published} |")
    return "\n".join(lines)
