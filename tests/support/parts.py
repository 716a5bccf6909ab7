"""What an engine makes, gathered in the calling thread."""

from collections.abc import Iterable

from shared.errors import AtelierError
from worker.family import Part, Product


def gather(parts: Iterable[Part], count: int) -> list[list[Product] | AtelierError]:
    """Each request's products, or the error with which it ends."""
    made: list[list[Product]] = [[] for _ in range(count)]
    errors: dict[int, AtelierError] = {}
    for place, part in parts:
        if isinstance(part, AtelierError):
            errors[place] = part
        else:
            made[place] += part()
    return [errors.get(place) or products for place, products in enumerate(made)]
