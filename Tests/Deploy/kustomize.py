"""Renders a kustomization as far as deploy/kubernetes uses kustomize: resources, components, namespace, generated ConfigMaps
without suffixes, image names, and patches by strategic merge. Anything else is refused, so that nothing is passed over."""
import copy
import pathlib

import yaml

KNOWN = {
    "apiVersion", "kind", "namespace", "resources", "components", "generatorOptions", "configMapGenerator", "images", "patches",
}
# Lists whose elements are merged by a key; every other list is replaced.
MERGE_KEYS = {"containers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath"}
CLUSTER_WIDE = {"Namespace"}


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def merge(base, patch, name=""):
    if isinstance(base, dict) and isinstance(patch, dict):
        merged = copy.deepcopy(base)
        for key, value in patch.items():
            if value is None:
                merged.pop(key, None)
            elif key in merged:
                merged[key] = merge(merged[key], value, key)
            else:
                merged[key] = copy.deepcopy(value)
        return merged
    if isinstance(base, list) and isinstance(patch, list) and name in MERGE_KEYS:
        key = MERGE_KEYS[name]
        merged = copy.deepcopy(base)
        added = []
        for element in patch:
            at = next((i for i, other in enumerate(merged) if other[key] == element[key]), None)
            if element.get("$patch") == "delete":
                assert at is not None, f"there is no {element[key]} in {name} to delete"
                del merged[at]
            elif at is None:
                added.append(copy.deepcopy(element))
            else:
                merged[at] = merge(merged[at], element)
        return added + merged
    return copy.deepcopy(patch)


def same(a, b):
    return a["kind"] == b["kind"] and a["metadata"]["name"] == b["metadata"]["name"]


def generate(folder, options, generators, found):
    assert options == {"disableNameSuffixHash": True} or not generators, "suffixes are not made here"
    for generator in generators:
        assert set(generator) <= {"name", "files", "behavior"}, f"not known here: {set(generator)}"
        data = {pathlib.Path(file).name: (folder / file).read_text() for file in generator["files"]}
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": generator["name"]}, "data": data}
        before = [resource for resource in found if same(resource, made)]
        if generator.get("behavior") == "replace":
            assert len(before) == 1, f"there is no {generator['name']} to replace"
            before[0]["data"] = data
        else:
            assert not before, f"{generator['name']} is there already"
            found.append(made)


def render(folder, found=None):
    folder = pathlib.Path(folder)
    plan = documents(folder / "kustomization.yaml")[0]
    assert set(plan) <= KNOWN, f"{folder}: not known here: {set(plan) - KNOWN}"
    found = [] if found is None else found
    for entry in plan.get("resources", []):
        found += render(folder / entry) if (folder / entry).is_dir() else documents(folder / entry)
    generate(folder, plan.get("generatorOptions", {}), plan.get("configMapGenerator", []), found)
    for entry in plan.get("components", []):
        render(folder / entry, found)
    for patch in plan.get("patches", []):
        for change in documents(folder / patch["path"]):
            at = [i for i, resource in enumerate(found) if same(resource, change)]
            assert len(at) == 1, f"{patch['path']} fits {len(at)} resources"
            found[at[0]] = merge(found[at[0]], change)
    for resource in found:
        if "namespace" in plan and resource["kind"] not in CLUSTER_WIDE:
            resource["metadata"]["namespace"] = plan["namespace"]
        for container in resource.get("spec", {}).get("template", {}).get("spec", {}).get("containers", []):
            for image in plan.get("images", []):
                if container["image"].split(":")[0] == image["name"]:
                    container["image"] = f"{image['newName']}:{image['newTag']}"
    return found
