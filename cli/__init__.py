"""The ``atelier`` command: starts the local stack, and talks to a running one over HTTP."""
