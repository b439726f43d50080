"""Adds a row of every kind that a schema names to the audit chain of a SQLite database: SCHEMA DATABASE."""

import json
import sqlite3
import sys

schema, database = sys.argv[1:]
kinds = json.load(open(schema))["properties"]["action"]["examples"]
with sqlite3.connect(database) as connection:
    (last,) = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM audit").fetchone()
    for seq, kind in enumerate(kinds, last + 1):
        # The longest texts, with what JSON escapes.
        texts = ["\u0001\u2028\"\\"[seq % 4] * length for length in (500, 500, 500, 500, 5000, 5000, 5000, 500, 5000)]
        actor, address, user_agent, *rest = texts
        row = (seq, "0" * 64, f"{seq:064x}", 1_764_000_000_000 + seq, actor, address, user_agent, kind, *rest)
        connection.execute(f"INSERT INTO audit VALUES ({', '.join('?' * 14)})", row)
