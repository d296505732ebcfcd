"""Reads a partition with the official azure-eventhub client and counts; one line of JSON.

usage: read_azure.py PORT HUB MESSAGES CREDIT [CA.pem]
"""

import json
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
done = False


def on_batch(context, events):
    global messages, size, start, cpu, done
    if done or not events:
        return
    if not start:
        # The client does not tell when its link is open: the clock starts with its first batch, which is not counted.
        start, cpu = time.perf_counter(), time.process_time()
        return
    for event in events:
        for part in event.body:
            size += len(part)
        messages += 1
        event.sequence_number
        event.enqueued_time
    if messages >= wanted:
        done = True
        print(json.dumps({
            "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "messages": messages,
            "bytes": size}), flush=True)
        import os
        os._exit(0)


with client:
    client.receive_batch(
        on_batch, partition_id="0", starting_position="-1", max_batch_size=min(credit, 300), max_wait_time=1,
        prefetch=credit)
