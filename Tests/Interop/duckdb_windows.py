"""Runs SQL queries over closed, hopping windows of records in DuckDB, as a scheduler would: one run for each hop.

usage: duckdb_windows.py SPECIFICATION OUTPUT

SPECIFICATION is a JSON file:

    {"records": PATH of newline-delimited JSON, "columns": {NAME: SQL type, ...},
     "limit_seconds": N,
     "queries": [{"name": ..., "sql": ..., "length_ms": N, "hop_ms": N, "first_ms": N, "last_ms": N}, ...]}

For every window end from first_ms through last_ms, hop_ms apart, a query sees the table `records`, which holds the
records with `enqueued_ms` in [end - length_ms, end], and the view `openai` of those whose `source` is `openai`.

OUTPUT gets one line for each result row: name, window end and the columns in the order of their names, separated by
tabs. Values say their type, so that 1, 1.0 and "1" differ and doubles are compared bit by bit.
"""

import json
import signal
import struct
import sys

import duckdb


def written(value):
    """A value with its type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "d" + format(struct.unpack(">Q", struct.pack(">d", value))[0], "x")
    if isinstance(value, str):
        return "s" + value
    if isinstance(value, list):
        return "[" + ",".join(sorted(written(member) for member in value)) + "]"
    raise TypeError(f"a result of type {type(value).__name__} has no written form; cast it in the query")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def run(specification, output):
    database = duckdb.connect(":memory:")
    # Reading and folding in one thread gives the same order of additions each time.
    database.execute("SET threads = 1")
    columns = "{" + ", ".join(f"{quoted(n)}: '{t}'" for n, t in specification["columns"].items()) + "}"
    database.execute(
        f"CREATE TABLE all_records AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {columns})",
        [specification["records"]],
    )
    by_window = {}
    for query in specification["queries"]:
        window = tuple(query[key] for key in ("length_ms", "hop_ms", "first_ms", "last_ms"))
        by_window.setdefault(window, []).append(query)
    for (length, hop, first, last), queries in by_window.items():
        for end in range(first, last + 1, hop):
            database.execute(
                "CREATE OR REPLACE TEMP TABLE records AS "
                "SELECT * FROM all_records WHERE enqueued_ms BETWEEN ? AND ?",
                [end - length, end],
            )
            database.execute("CREATE OR REPLACE TEMP VIEW openai AS SELECT * FROM records WHERE source = 'openai'")
            for query in queries:
                answer = database.execute(query["sql"])
                names = [column[0] for column in answer.description]
                for row in answer.fetchall():
                    cells = sorted(f"{name}={written(value)}" for name, value in zip(names, row))
                    output.write("\t".join([query["name"], str(end), *cells]) + "\n")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    # Whatever happens, the process ends.
    signal.alarm(specification["limit_seconds"])
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as output:
        run(specification, output)


if __name__ == "__main__":
    main()
