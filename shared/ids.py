"""Identifiers: 26 characters of Crockford base 32, sortable by time."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def new_id() -> str:
    """A fresh identifier: 48 bits of milliseconds, then 82 random bits (the ULID layout, lower case)."""
    value = (int(time.time() * 1000) << 82) | secrets.randbits(82)
    characters = []
    for _ in range(LENGTH):
        characters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(characters))
