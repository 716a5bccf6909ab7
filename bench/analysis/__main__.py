"""``python -m bench.analysis --data DIR --set emoji|emoji-faces|faces|paintings``: accuracy, macro-F1,
calibration error (beside what is chance of it) and abstention on unseen pictures, beside frozen
EfficientNet-Lite0 with logistic regression.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import torch

from bench.analysis.protocols import COVERAGES, PROTOCOLS, Row, run
from bench.report import machine


def main() -> None:
    """Run one protocol and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the unpacked sets")
    parser.add_argument("--set", choices=sorted(PROTOCOLS), required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--input", default="{}", help="changes of the training's input, as JSON")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    title = f", {torch.cuda.get_device_name()}" if given.device.startswith("cuda") else ""
    print(f"### {given.set}\n\n{machine()}{title}\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for one in run(given.set, given.data, Path(scratch), given.device, json.loads(given.input)):
            print(one if isinstance(one, str) else table(one), flush=True)


def table(row: Row) -> str:
    """A row in words and figures."""
    m, f = row.measured, row.frozen
    risk = ", ".join(
        f"{share:.0%}: {point[1]:.3f}" for share, point in zip(COVERAGES, row.curve, strict=True)
    )
    return (
        f"{row.label}: {row.count} unseen; accuracy {m.accuracy:.4f}, macro-F1 {m.macro_f1:.4f}, "
        f"ECE {row.ece:.4f} (chance {row.chance:.4f}), majority {m.majority:.3f}; frozen: "
        f"accuracy {f.accuracy:.4f}, macro-F1 {f.macro_f1:.4f}; accuracy at coverage {risk}; "
        f"sure {row.sure[0]:.3f}, then right {row.sure[1]:.4f}"
    )


if __name__ == "__main__":
    main()
