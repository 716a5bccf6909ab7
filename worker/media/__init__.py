"""Hostile files in, clean files out.

Everything that parses an uploaded byte does so in a child process started by `sandbox`; most modules of this
package are what those children execute. The parent imports `sandbox`, `one_midi`, `limits`, `report` and
`shelf` only.
"""
