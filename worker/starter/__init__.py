"""The starter pack: data sets, and models trained from them, that a fresh Atelier begins with."""

from worker.starter.installing import install, missing

__all__ = ["install", "missing"]
