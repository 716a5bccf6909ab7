"""How rows look outside: plain JSON documents in the shape of Replicate's API."""
