"""Decoding and judging in Python and DuckDB; answers a variant's name on standard input by a line of JSON.

usage: decode_peers.py SAMPLE PORTAL,PORTAL,…
"""

import importlib.util
import json
import os
import sys
import tempfile
import time

from judge import Judge, seconds

sample, portals = sys.argv[1], sys.argv[2].split(",")
bodies = [line for line in open(sample, "rb").read().split(b"\n") if line]
size = sum(map(len, bodies))
envelopes = [json.loads(body) for body in bodies]
records = sum(len(envelope["records"]) for envelope in envelopes)
times = [max((seconds(r.get("time")) for r in e["records"]), default=0.0) for e in envelopes]
missing = [name for name in ("orjson", "duckdb") if importlib.util.find_spec(name) is None]

QUERY = """
    SELECT count(*) FROM (
        SELECT r->>'$.correlationId' FROM {table}
        WHERE lower(r->>'$.operationName') IN ({operations}) AND r->>'$.resultType' = 'Success'
        AND coalesce(r->>'$.identity.claims.appid', '') NOT IN ({portals})
        UNION ALL
        SELECT lower(r->>'$.resourceId') FROM {table}
        WHERE r->>'$.category' = 'Audit' AND r->>'$.operationName' = 'ListKey'
        GROUP BY 1 HAVING count(*) >= 100)
"""


def judge(parse):
    judging = Judge(portals)
    for body, enqueued in zip(bodies, times):
        judging.judge(parse(body)["records"], enqueued)
    return judging.matches


def orjson_only():
    import orjson
    count = 0
    for body in bodies:
        count += len(orjson.loads(body)["records"])
    return count


def orjson_rules():
    import orjson
    return judge(orjson.loads)


def json_rules():
    return judge(json.loads)


class Duck:
    """The same two questions to DuckDB, over a file of flat records and over the envelopes as they come."""

    def __init__(self):
        from judge import OPERATIONS
        self.operations = ", ".join(f"'{name}'" for name in sorted(OPERATIONS))
        self.portals = ", ".join(f"'{name}'" for name in portals)
        self.folder = tempfile.TemporaryDirectory()
        self.flat = os.path.join(self.folder.name, "flat.ndjson")
        with open(self.flat, "w") as file:
            for envelope in envelopes:
                for record in envelope["records"]:
                    file.write(json.dumps(record, separators=(",", ":")) + "\n")
        import duckdb
        self.connection = duckdb.connect(config={"threads": 1})

    def ask(self, table):
        text = QUERY.format(table=table, operations=self.operations, portals=self.portals)
        return self.connection.execute(text).fetchone()[0]

    def over_flat(self):
        return self.ask(f"(SELECT json AS r FROM read_ndjson_objects('{self.flat}'))")

    def over_envelopes(self):
        lines = f"read_ndjson_objects('{sample}', maximum_object_size=16777216)"
        return self.ask(f"(SELECT unnest(CAST(json->'$.records' AS JSON[])) AS r FROM {lines})")


duck = None if "duckdb" in missing else Duck()
variants = {"json_rules": json_rules}
if "orjson" not in missing:
    variants |= {"orjson": orjson_only, "orjson_rules": orjson_rules}
if duck:
    variants |= {"duckdb_flat": duck.over_flat, "duckdb_envelopes": duck.over_envelopes}
versions = {"python": sys.version.split()[0]}
for name in ("orjson", "duckdb"):
    if name not in missing:
        versions[name] = __import__(name).__version__
print(json.dumps({"variants": list(variants), "facts": versions}), flush=True)
for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    matches = variants[line.strip()]()
    print(json.dumps({
        "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "bytes": size, "records": records,
        "messages": len(bodies), "matches": matches}), flush=True)
