"""The two seed detections over dictionaries, as somebody would write them in Python."""

import datetime

OPERATIONS = {
    name.lower() for name in (
        "Microsoft.CognitiveServices/accounts/listKeys/action",
        "Microsoft.MachineLearningServices/workspaces/listKeys/action",
        "Microsoft.MachineLearningServices/workspaces/computes/listKeys/action",
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/listKeys/action",
        "Microsoft.MachineLearningServices/workspaces/batchEndpoints/listKeys/action",
        "Microsoft.MachineLearningServices/workspaces/serverlessEndpoints/listKeys/action",
    )
}
SUCCESSES = {"success", "succeeded"}


class Judge:
    """Keys listed outside the portals, and listings counted per account and window of an hour that moves by ten minutes."""

    def __init__(self, portals):
        self.portals = set(portals)
        self.operations = set()
        self.windows = {}
        self.records = self.matches = 0

    def judge(self, records, enqueued):
        for record in records:
            self.records += 1
            name = record.get("operationName")
            if not isinstance(name, str):
                continue
            if name == "ListKey":
                if record.get("category") == "Audit":
                    self.count(record, enqueued)
            elif name.lower() in OPERATIONS:
                self.listing(record)

    def listing(self, record):
        result = record.get("resultType")
        if not isinstance(result, str) or result.lower() not in SUCCESSES:
            return
        identity = record.get("identity")
        claims = identity.get("claims") if isinstance(identity, dict) else None
        if isinstance(claims, dict) and claims.get("appid") in self.portals:
            return
        operation = record.get("correlationId")
        if operation not in self.operations:
            self.operations.add(operation)
        self.matches += 1

    def count(self, record, enqueued):
        parts = (record.get("resourceId") or "").lower().split("/")
        group = parts[4] if len(parts) > 4 else None
        account = parts[8] if len(parts) > 8 else None
        properties = record.get("properties")
        length = properties.get("responseLength") if isinstance(properties, dict) else None
        pane = int(enqueued // 600)
        for end in range(pane + 1, pane + 7):
            window = self.windows.setdefault((group, account, end), [0, 0])
            window[0] += 1
            if isinstance(length, (int, float)) and length > window[1]:
                window[1] = length
        self.matches += 1

    def findings(self):
        counted = sum(1 for rows, largest in self.windows.values() if rows >= 100 or largest >= 1_000_000)
        return len(self.operations) + counted


def seconds(text):
    """The time of a record, in seconds since 1970."""
    try:
        return datetime.datetime.fromisoformat(text[:19]).replace(tzinfo=datetime.timezone.utc).timestamp()
    except (TypeError, ValueError):
        return 0.0
