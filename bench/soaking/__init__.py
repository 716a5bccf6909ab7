"""The parts of the soak: a place with workers, a load, faults, samples and a verdict."""
