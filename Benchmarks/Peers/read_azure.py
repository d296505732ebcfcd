"""Reads a partition with the official azure-eventhub client and counts; one line of JSON.

usage: read_azure.py PORT HUB MESSAGES CREDIT [CA.pem]
"""

import json
import os
import sys
import time

from azure.eventhub import EventHubConsumerClient, TransportType

port, hub, wanted, credit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
authority = sys.argv[5] if len(sys.argv) > 5 else None
if authority:
    text = "Endpoint=sb://localhost;SharedAccessKeyName=bench;SharedAccessKey=bench"
    options = {
        "custom_endpoint_address": f"sb://localhost:{port}", "transport_type": TransportType.Amqp,
        "connection_verify": authority,
    }
else:
    text = f"Endpoint=sb://localhost:{port};SharedAccessKeyName=bench;SharedAccessKey=bench;UseDevelopmentEmulator=true;"
    options = {}
client = EventHubConsumerClient.from_connection_string(text, consumer_group="$Default", eventhub_name=hub, **options)

messages = size = 0
start = cpu = 0.0


def on_start(context):
    # The clock starts before the link is opened, which the client does not tell: from then on it reads ahead in a thread of its own.
    global start, cpu
    start, cpu = time.perf_counter(), time.process_time()


def on_batch(context, events):
    global messages, size
    for event in events:
        for part in event.body:
            size += len(part)
        messages += 1
        event.sequence_number
        event.enqueued_time
    if messages >= wanted:
        print(json.dumps({
            "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "messages": messages,
            "bytes": size}), flush=True)
        os._exit(0)


with client:
    client.receive_batch(
        on_batch, on_partition_initialize=on_start, partition_id="0", starting_position="-1", max_batch_size=min(credit, 300), max_wait_time=1,
        prefetch=credit)
