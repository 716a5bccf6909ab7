"""Fields of operations as JSON Schema, with the hints that forms are drawn from. No torch here."""

from __future__ import annotations

from typing import Any

LARGEST_SEED = 2**31 - 1

Schema = dict[str, Any]


def operation_schema(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object schema whose fields are shown in the order given."""
    ordered = {
        name: {**field, "x-order": place} for place, (name, field) in enumerate(properties.items(), start=1)
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": ordered,
    }


def seed(title: str, description: str) -> Schema:
    """A seed, drawn at submit when it is not given."""
    return {
        "type": "integer",
        "title": title,
        "description": description,
        "minimum": 0,
        "maximum": LARGEST_SEED,
        "x-random": True,
        "x-widget": "seed",
    }


def number(
    title: str,
    description: str,
    default: float,
    low: float,
    high: float,
    *,
    step: float,
    advanced: bool = False,
) -> Schema:
    """A number on a slider."""
    return {
        "type": "number",
        "title": title,
        "description": description,
        "default": default,
        "minimum": low,
        "maximum": high,
        "x-step": step,
        "x-widget": "slider",
        "x-advanced": advanced,
    }


def integer(
    title: str, description: str, default: int, low: int, high: int, *, step: int = 1, advanced: bool = False
) -> Schema:
    """A whole number on a slider."""
    return {**number(title, description, default, low, high, step=step, advanced=advanced), "type": "integer"}


def choice(
    title: str, description: str, default: str | int, values: tuple[str | int, ...], *, advanced: bool = False
) -> Schema:
    """One of several values."""
    return {
        "type": "integer" if isinstance(default, int) else "string",
        "title": title,
        "description": description,
        "default": default,
        "enum": list(values),
        "x-widget": "select",
        "x-advanced": advanced,
    }


def text(title: str, description: str, *, advanced: bool = False) -> Schema:
    """A short line of text, empty by default."""
    return {
        "type": "string",
        "title": title,
        "description": description,
        "default": "",
        "maxLength": 200,
        "x-widget": "text",
        "x-advanced": advanced,
    }


def checkbox(title: str, description: str, *, default: bool, advanced: bool = False) -> Schema:
    """Yes or no."""
    return {
        "type": "boolean",
        "title": title,
        "description": description,
        "default": default,
        "x-widget": "checkbox",
        "x-advanced": advanced,
    }
