"""The web side: pages and the HTTP API. It stands on ``shared`` and never imports torch or the worker."""
