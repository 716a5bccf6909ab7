"""What a training is likely to take and give, told before it starts. No torch here."""

from __future__ import annotations

from typing import Any

#: Pictures a second at 160 pixels, all of the network learning, until a device has figures of its own.
EXPECT: dict[str, Any] = {
    "images_per_second": {"cpu": {"160": 20.0}, "cuda": {"160": 1500.0}},
    "text": {
        "cpu": "On a processor, some hundreds of pictures are learned in about ten minutes; thousands take "
        "an hour or more.",
        "cuda": "On a graphics card, some thousands of pictures take a few minutes.",
    },
}
