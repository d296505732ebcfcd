"""Checks deploy/kubernetes: every overlay renders, every object is valid for old and new Kubernetes, what refers to each other is
there, and the settings in the ConfigMaps are settings of hubwatch.

    check_kubernetes.py HUBWATCH

Where kubectl is installed, its rendering must be the same as ours."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

import kubernetes_validate
import yaml

import kustomize

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy" / "kubernetes"
OVERLAYS = ["base", "scaled-out", "workload-identity", "complete"]
# `ordinals` came with 1.26 and is on by default since 1.28.
VERSIONS = ["1.28.3", "1.30.0", "1.33.1", "1.36.0"]
GIVEN_BY_USERS = {"hubwatch-source", "hubwatch-http"}


def only(resources, kind):
    found = [resource for resource in resources if resource["kind"] == kind]
    assert len(found) == 1, f"{len(found)} of kind {kind}"
    return found[0]


def check_pod(resources, overlay):
    stateful = only(resources, "StatefulSet")
    template = stateful["spec"]["template"]
    pod = template["spec"]
    labels = template["metadata"]["labels"]
    for selector in (stateful["spec"]["selector"]["matchLabels"], only(resources, "Service")["spec"]["selector"]):
        assert selector.items() <= labels.items(), f"{selector} does not select {labels}"
    assert stateful["spec"]["serviceName"] == only(resources, "Service")["metadata"]["name"]
    assert pod["serviceAccountName"] == only(resources, "ServiceAccount")["metadata"]["name"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] in ports, f"{probe} asks a port that is not there"
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in stateful["spec"]["volumeClaimTemplates"]}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert volumes == mounted, f"mounted {mounted}, there are {volumes}"
    assert not any("subPath" in mount for mount in container["volumeMounts"]), "a subPath never changes in a running pod"
    maps = {resource["metadata"]["name"] for resource in resources if resource["kind"] == "ConfigMap"}
    for volume in pod["volumes"]:
        if "configMap" in volume:
            assert volume["configMap"]["name"] in maps, volume
        if "secret" in volume:
            assert volume["secret"]["secretName"] in GIVEN_BY_USERS, volume
    # The restricted pod security standard, as far as it is about this pod.
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False and security["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert pod["terminationGracePeriodSeconds"] > 25, "SIGTERM may take 25 seconds"
    if overlay == "scaled-out":
        environment = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert environment["INSTANCES"] == str(stateful["spec"]["replicas"])
    if overlay in ("workload-identity", "complete"):
        assert labels["azure.workload.identity/use"] == "true"
        annotations = only(resources, "ServiceAccount")["metadata"]["annotations"]
        assert "azure.workload.identity/client-id" in annotations
        assert "source" not in volumes, "no key anywhere"


def mount_of(path, resources):
    """Whether a file that the settings name is below something that is mounted, or in the image."""
    (container,) = only(resources, "StatefulSet")["spec"]["template"]["spec"]["containers"]
    places = [mount["mountPath"] for mount in container["volumeMounts"]] + ["/etc/hubwatch/rules.d"]
    return any(path == place or path.startswith(place + "/") for place in places)


def leaves(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def check_settings(resources, known):
    (text,) = [r["data"]["hubwatch.yaml"] for r in resources if r["metadata"]["name"] == "hubwatch-config"]
    for name, value in leaves(yaml.safe_load(text)):
        assert name in known, f"hubwatch.yaml: there is no setting {name}"
        for path in value if isinstance(value, list) else [value]:
            if str(path).startswith("/"):
                assert mount_of(path, resources), f"{name}: nothing is mounted at {path}"


def normal(resources):
    return sorted(json.dumps(resource, sort_keys=True) for resource in resources)


def main():
    settings = subprocess.run([sys.argv[1], "config", "settings"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^(\S+)$", settings, re.M))
    for overlay in OVERLAYS:
        resources = kustomize.render(ROOT / overlay)
        for version in VERSIONS:
            for resource in resources:
                kubernetes_validate.validate(resource, version, strict=True)
        check_pod(resources, overlay)
        check_settings(resources, known)
        compared = ""
        if shutil.which("kubectl"):
            text = subprocess.run(
                ["kubectl", "kustomize", ROOT / overlay], capture_output=True, text=True, check=True).stdout
            theirs = [document for document in yaml.safe_load_all(text) if document]
            assert normal(theirs) == normal(resources), f"{overlay}: kubectl renders it otherwise"
            compared = ", as kubectl renders it"
        print(f"{overlay}: {len(resources)} objects are valid for {', '.join(VERSIONS)}{compared}")
    for example in yaml.safe_load_all((ROOT / "base" / "secret.example.yaml").read_text()):
        kubernetes_validate.validate(example, VERSIONS[-1], strict=True)
        assert example["metadata"]["name"] in GIVEN_BY_USERS


if __name__ == "__main__":
    main()
