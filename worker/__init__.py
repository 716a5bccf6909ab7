"""Workers: one child process per device, fed from SQL, running the families' networks."""
