"""Answers the questions of a kill test in DuckDB, all windows at once, over the records that were read from the hub.

usage: duckdb_hops.py SPECIFICATION OUTPUT

SPECIFICATION is a JSON file:

    {"records": PATH of a CSV file, "columns": [[NAME, SQL type], ...], "limit_seconds": N,
     "last_window_end_ms": N, "queries": [{"name": ..., "sql": ...}, ...]}

A query returns window_end, found, first_five, and the columns of the finding. OUTPUT gets one
line for each row: name, window end, columns in the order of their names, number of records and the first five of them,
separated by tabs. Windows that end behind the last one are left out.
"""

import json
import signal
import struct
import sys

import duckdb


def written(value):
    """A value with its type; a list of one is that one."""
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
        members = sorted(written(member) for member in value if member is not None)
        if not members:
            return "null"
        return members[0] if len(members) == 1 else "[" + ",".join(members) + "]"
    raise TypeError(f"a result of type {type(value).__name__} has no written form; cast it in the query")


def run(specification, output):
    database = duckdb.connect(":memory:")
    columns = "{" + ", ".join(f"'{n}': '{t}'" for n, t in specification["columns"]) + "}"
    database.execute(
        f"CREATE TABLE records AS SELECT * FROM read_csv(?, header = false, columns = {columns})",
        [specification["records"]],
    )
    last = specification["last_window_end_ms"]
    for query in specification["queries"]:
        answer = database.execute(query["sql"])
        names = [column[0] for column in answer.description]
        for values in answer.fetchall():
            row = dict(zip(names, values))
            end = row.pop("window_end")
            if end > last:
                continue
            found = row.pop("found")
            places = ",".join(f"{place['p']}:{place['s']}:{place['i']}" for place in row.pop("first_five"))
            cells = sorted(f"{name}={written(value)}" for name, value in row.items())
            line = [query["name"], str(end), *cells, f"found={found}", f"first={places}"]
            output.write("\t".join(line) + "\n")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        specification = json.load(file)
    # Whatever happens, the process ends.
    signal.alarm(specification["limit_seconds"])
    with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as output:
        run(specification, output)


if __name__ == "__main__":
    main()
