"""What a child does: claim from SQL, hold the lease, run, record."""
