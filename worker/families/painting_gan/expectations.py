"""What a training is likely to take and give, told before it starts. No torch here."""

from __future__ import annotations

from typing import Any

#: Pictures a second of the default recipe by device type and resolution: measured on one core at 64 pixels,
#: scaled by the work in the networks elsewhere, until a device has figures of its own.
EXPECT: dict[str, Any] = {
    "images_per_second": {
        "cpu": {"32": 25.0, "64": 14.0, "128": 5.0, "256": 1.5},
        "cuda": {"32": 600.0, "64": 500.0, "128": 250.0, "256": 80.0},
    },
    "kimg": {"first_shapes": 5, "recognizable": 30, "good": 80},
    "text": {
        "cpu": "On a processor, 64 pixels are the sensible size: colors and layout within ten minutes, "
        "pictures in the "
        "manner of the collection after about an hour, and finer ones after a few.",
        "cuda": "On a graphics card, 64 and 128 pixels take minutes to look like the collection; 256 takes "
        "hours.",
    },
}
