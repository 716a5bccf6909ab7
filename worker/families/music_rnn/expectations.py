"""What a training is likely to take and give, told before it starts. No torch here."""

from __future__ import annotations

from typing import Any

EXPECT: dict[str, Any] = {
    "notes_per_second": {"cpu": 15000.0, "cuda": 300000.0},
    "text": {
        "cpu": "On a processor, ten minutes on some hundred chorales give four voices that move "
        "together, half an "
        "hour gives phrases and cadences; validation tells when more no longer helps.",
        "cuda": "On a graphics card, minutes give phrases and cadences; validation tells when more "
        "no longer helps.",
    },
}
