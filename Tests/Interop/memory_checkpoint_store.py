"""A checkpoint store in memory, shared by the consumers of one process."""

import threading
import time
import uuid

from azure.eventhub import CheckpointStore


class InMemoryCheckpointStore(CheckpointStore):
    """Ownership and checkpoints in two dictionaries, with the etag rule that the SDK's balancing relies on."""

    def __init__(self):
        self._lock = threading.Lock()
        self._ownership = {}
        self._checkpoints = {}

    @staticmethod
    def _scope(record):
        return (record["fully_qualified_namespace"], record["eventhub_name"], record["consumer_group"])

    def list_ownership(self, fully_qualified_namespace, eventhub_name, consumer_group, **kwargs):
        scope = (fully_qualified_namespace, eventhub_name, consumer_group)
        with self._lock:
            return [dict(record) for key, record in self._ownership.items() if key[:3] == scope]

    def claim_ownership(self, ownership_list, **kwargs):
        claimed = []
        with self._lock:
            for wanted in ownership_list:
                key = self._scope(wanted) + (wanted["partition_id"],)
                present = self._ownership.get(key)
                if present is not None and present["etag"] != wanted.get("etag"):
                    continue
                record = dict(wanted, etag=str(uuid.uuid4()), last_modified_time=time.time())
                self._ownership[key] = record
                claimed.append(dict(record))
        return claimed

    def update_checkpoint(self, checkpoint, **kwargs):
        with self._lock:
            self._checkpoints[self._scope(checkpoint) + (checkpoint["partition_id"],)] = dict(checkpoint)

    def list_checkpoints(self, fully_qualified_namespace, eventhub_name, consumer_group, **kwargs):
        scope = (fully_qualified_namespace, eventhub_name, consumer_group)
        with self._lock:
            return [dict(record) for key, record in self._checkpoints.items() if key[:3] == scope]

    def owners(self):
        """Who owns which partition, by owner id."""
        owners = {}
        with self._lock:
            for key, record in self._ownership.items():
                if record["owner_id"]:
                    owners.setdefault(record["owner_id"], set()).add(key[3])
        return owners
