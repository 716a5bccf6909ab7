"""How well pictures are judged: ``python -m bench.analysis --help``."""
