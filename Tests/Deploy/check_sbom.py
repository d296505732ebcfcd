"""Checks the bill of materials of a build: valid CycloneDX, every pinned Swift package and every loaded library in it, each once.

    check_sbom.py HUBWATCH"""
import json
import pathlib
import re
import subprocess
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def main():
    binary = sys.argv[1]
    command = [sys.executable, str(ROOT / "deploy" / "sbom"), "--binary", binary]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert text == subprocess.run(command, capture_output=True, text=True, check=True).stdout, "two runs differ"
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert error is None, error
    bill = json.loads(text)
    components = bill["components"]
    references = [component["bom-ref"] for component in components]
    assert len(set(references)) == len(references), "something is in it twice"
    (dependencies,) = bill["dependencies"]
    assert sorted(dependencies["dependsOn"]) == sorted(references)
    pins = json.loads((ROOT / "Package.resolved").read_text())["pins"]
    swift = {component["properties"][0]["value"] for component in components if "vcs" in json.dumps(component)}
    assert swift == {pin["state"]["revision"] for pin in pins}, "not the pinned packages"
    assert all(c.get("licenses") for c in components if c["bom-ref"].startswith("pkg:swift/")), "a licence is not known"
    loaded = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    for name in ("libqpid-proton", "libsimdjson", "libsqlite3", "libc"):
        assert re.search(rf"\b{name}\.so", loaded) and name.split("-")[0] in text, f"{name} is missing"
    debian = [c for c in components if c["bom-ref"].startswith("pkg:deb/")]
    assert all(c["version"] and c["properties"] for c in debian) and len(debian) >= 6
    print(f"deploy/sbom: {len(swift)} Swift packages, {len(debian)} of Debian, {len(components)} in all: valid CycloneDX 1.6")


if __name__ == "__main__":
    main()
