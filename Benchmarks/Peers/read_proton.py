"""Reads a partition with Qpid Proton's Python binding and counts; one line of JSON.

usage: read_proton.py PORT HUB MESSAGES CREDIT [CA.pem]
"""

import json
import sys
import time

from proton import Described, SSLDomain, symbol
from proton.handlers import MessagingHandler
from proton.reactor import Container, Filter

FILTER = symbol("apache.org:selector-filter:string")


class Reader(MessagingHandler):
    def __init__(self, port, hub, wanted, credit, authority):
        super().__init__(prefetch=credit, auto_accept=False)
        self.port, self.hub, self.wanted, self.authority = port, hub, wanted, authority
        self.messages = self.size = 0
        self.start = self.cpu = 0.0

    def on_start(self, event):
        domain = None
        if self.authority:
            domain = SSLDomain(SSLDomain.MODE_CLIENT)
            domain.set_trusted_ca_db(self.authority)
            domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
        scheme = "amqps" if self.authority else "amqp"
        connection = event.container.connect(
            f"{scheme}://localhost:{self.port}", allowed_mechs="ANONYMOUS", ssl_domain=domain, reconnect=False)
        event.container.create_receiver(
            connection, f"{self.hub}/ConsumerGroups/$Default/Partitions/0",
            options=Filter({FILTER: Described(FILTER, "amqp.annotation.x-opt-offset > '-1'")}))

    def on_link_opened(self, event):
        self.start, self.cpu = time.perf_counter(), time.process_time()

    def on_message(self, event):
        message = event.message
        self.size += len(message.body)
        message.annotations.get(symbol("x-opt-sequence-number"))
        self.messages += 1
        if self.messages == self.wanted:
            print(json.dumps({
                "seconds": time.perf_counter() - self.start, "cpu": time.process_time() - self.cpu,
                "messages": self.messages, "bytes": self.size}), flush=True)
            event.connection.close()

    def on_transport_error(self, event):
        print(event.transport.condition, file=sys.stderr)


authority = sys.argv[5] if len(sys.argv) > 5 else None
Container(Reader(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), authority)).run()
