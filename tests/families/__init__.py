"""Families that only tests run."""
