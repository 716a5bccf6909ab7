"""Families: each folder here is one, and describes itself with a module-level FAMILY."""
