"""Another process that holds SQLite's write lock for a while."""

from __future__ import annotations

import subprocess
import sys

LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("COMMIT")
"""


def lock(database: str, seconds: float) -> subprocess.Popen[str]:
    """The process, once it holds the lock of the file ``database``; it ends after so many seconds."""
    command = [sys.executable, "-c", LOCKER, database, str(seconds)]
    locker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert locker.stdout is not None and locker.stdout.readline() == "locked\n"
    return locker
