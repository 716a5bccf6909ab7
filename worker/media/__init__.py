"""Hostile files in, clean files out.

Everything that parses an uploaded byte does so in the child process started by `sandbox.run`; the other
modules of this package are what that child executes. The parent imports `sandbox`, `limits` and `report`
only.
"""
