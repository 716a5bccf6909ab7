"""What the web and the worker agree on: the truth in SQL, the files, the bell. No flask, no torch."""
