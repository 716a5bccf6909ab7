"""Identifiers: 26 characters of Crockford base 32, sortable by time."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def new_id() -> str:
    """A fresh identifier: 48 bits of milliseconds as in a ULID, 10 bits of their fraction, 72 random bits.

    Lines are kept by ids where nothing else tells two jobs apart, and several are made in a millisecond.
    """
    value = (time.time_ns() * 1024 // 1_000_000) << 72 | secrets.randbits(72)
    characters = []
    for _ in range(LENGTH):
        characters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(characters))
