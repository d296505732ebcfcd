#!/usr/bin/env python3
"""Checks files of findings, one JSON object a line, against the OCSF 1.8.0 Detection Finding class.

Usage: validate_findings.py FILE.ndjson...   (needs: pip install ocsf-json-schema jsonschema)

Exits 0 when every line is valid and there is at least one, 1 otherwise. Unknown attributes are errors: the schema that
ocsf-json-schema makes closes every object but `unmapped`.
"""
import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

OCSF_VERSION = "1.8.0"
FAULTS_SHOWN_MAX = 20


class Checker:
    """Validators by profile list: a class has other members with each profile."""

    def __init__(self):
        self._schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(OCSF_VERSION))
        self._validators = {}

    def faults(self, line):
        """What is wrong with a line, as texts."""
        try:
            finding = json.loads(line, parse_constant=lambda name: float("nan"))
        except ValueError as error:
            return [f"no JSON: {error}"]
        if not isinstance(finding, dict):
            return ["no object"]
        metadata = finding.get("metadata", {})
        faults = []
        if metadata.get("version") != OCSF_VERSION:
            faults.append(f"metadata.version is {metadata.get('version')!r}")
        if finding.get("class_uid") != 2004 or finding.get("type_uid") != 200400 + finding.get("activity_id", 0):
            faults.append("class_uid and type_uid are not those of a Detection Finding")
        profiles = tuple(sorted(metadata.get("profiles", [])))
        if profiles not in self._validators:
            schema = self._schemas.get_class_schema("detection_finding", list(profiles))
            self._validators[profiles] = Draft202012Validator(schema)
        for error in self._validators[profiles].iter_errors(finding):
            place = ".".join(str(step) for step in error.absolute_path) or "(root)"
            faults.append(f"{place}: {error.message[:200]}")
        return faults


def main(paths):
    checker = Checker()
    findings = invalid = 0
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                findings += 1
                faults = checker.faults(line)
                if not faults:
                    continue
                invalid += 1
                if invalid <= FAULTS_SHOWN_MAX:
                    print(f"{path}:{number}: " + "; ".join(faults[:5]))
    print(f"{findings} findings checked, {invalid} invalid")
    return 0 if findings and not invalid else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
