"""Faults done to Atelier and to stock Celery, and what each lost, did twice, or took to recover."""
