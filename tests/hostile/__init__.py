"""Builders of hostile files, each made for real from the bad-input matrix."""
