"""The official azure-eventhub client with the two seed detections in Python; one line of JSON.

usage: detect_azure.py PORT HUB PARTITIONS MESSAGES PORTAL,PORTAL,… FINDINGS
"""

import json
import os
import resource
import sys
import time

from azure.eventhub import EventHubConsumerClient

from judge import Judge

try:
    from orjson import loads
except ImportError:
    from json import loads

port, hub, partitions, wanted, portals, output = sys.argv[1:7]
wanted = int(wanted)
client = EventHubConsumerClient.from_connection_string(
    f"Endpoint=sb://localhost:{port};SharedAccessKeyName=bench;SharedAccessKey=bench;UseDevelopmentEmulator=true;",
    consumer_group="$Default", eventhub_name=hub)
judging = Judge(portals.split(","))
findings = open(output, "w")
messages = size = 0
start = cpu = 0.0


def on_start(context):
    # Before the first link is opened: the client reads ahead in a thread of its own.
    global start, cpu
    if not start:
        start, cpu = time.perf_counter(), time.process_time()


def on_batch(context, events):
    global messages, size
    for event in events:
        body = b"".join(event.body)
        before = len(judging.operations)
        judging.judge(loads(body)["records"], event.enqueued_time.timestamp())
        if len(judging.operations) > before:
            findings.write(json.dumps({"sequence": event.sequence_number}) + "\n")
        messages += 1
        size += len(body)
    if messages >= wanted:
        findings.flush()
        print(json.dumps({
            "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "messages": messages,
            "bytes": size, "records": judging.records,
            "extra": {"memoryPeakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}}), flush=True)
        os._exit(0)


with client:
    client.receive_batch(
        on_batch, on_partition_initialize=on_start, starting_position="-1", max_batch_size=300, max_wait_time=1, prefetch=2000)
