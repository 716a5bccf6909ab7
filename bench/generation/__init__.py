"""Results a second of Atelier beside the bare network, stock Celery and LitServe."""
