"""The Celery side of a worker: its parent process, its children, and the line between them."""
