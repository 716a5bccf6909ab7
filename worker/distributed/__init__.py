"""One training on several devices: processes that step together, led by the child that holds the lease."""
