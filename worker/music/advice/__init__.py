"""Advice on a piece of music: what its figures show against an aim, rules as data, and corrected bars."""
