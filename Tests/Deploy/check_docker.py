"""Checks deploy/docker/Dockerfile without an engine: bases are pinned, the user is not root, lists of packages are removed, what is
copied is in the context, the context holds every folder that the manifest names, and the packages of the last stage are
those that a built hubwatch is linked with.

    check_docker.py HUBWATCH"""
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "deploy" / "docker"


def instructions(text):
    """Each instruction as a word and the rest, lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            word, rest = line.strip().split(None, 1)
            yield word, re.sub(r"\s+", " ", rest)


def ignored(path, patterns):
    """Whether a path of the context is left out: the last pattern that fits it, or a folder above it, decides."""
    out = False
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    for pattern in patterns:
        keeps, name = pattern.startswith("!"), pattern.lstrip("!")
        name = name.removeprefix("**/")
        if any(fnmatch.fnmatch(one, name) or fnmatch.fnmatch(one.rsplit("/", 1)[-1], name) for one in above):
            out = not keeps
    return out


def manifest_folders():
    """Where the manifest's targets are: their path, or the folder of their kind."""
    text = (ROOT / "Package.swift").read_text()
    for kind, body in re.findall(r"\.(systemLibrary|target|executableTarget|testTarget)\(\s*name: (\"[^@]*?)(?=\n {8}\.|\n    \])", text):
        name = re.match(r'"(\w+)"', body).group(1)
        path = re.search(r'path: "([^"]+)"', body)
        if name == "hubwatch-fuzz":
            continue
        yield path.group(1) if path else f"{'Tests' if kind == 'testTarget' else 'Sources'}/{name}"


def check_stages(steps):
    bases = [rest for word, rest in steps if word == "FROM"]
    for base in bases:
        image = base.split()[0]
        tag = image.rsplit(":", 1)[-1]
        assert ":" in image and re.search(r"\d+\.\d+", tag), f"FROM {image}: pin it by version"
    assert len(bases) == 2, "two stages: one builds, one runs"
    assert not any(word == "ADD" for word, _ in steps), "COPY instead of ADD"
    for word, rest in steps:
        if word == "RUN" and "apt-get install" in rest:
            assert "--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists/*" in rest, rest
        if word in ("ENTRYPOINT", "CMD"):
            assert rest.startswith("["), f"{word} by a shell would not pass signals on"
    last = [word for word, _ in steps]
    (user,) = [rest for word, rest in steps if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), f"USER {user}: by number, so that runAsNonRoot can be checked"
    assert last.index("USER") < last.index("ENTRYPOINT")
    environment = [rest for word, rest in steps if word in ("ENV", "ARG")]
    assert not any(re.search("KEY|TOKEN|PASSWORD|SECRET", rest) for rest in environment), "secrets are no part of an image"


def check_context(steps):
    patterns = [line for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for word, rest in steps:
        if word != "COPY" or "--from=" in rest:
            continue
        for source in [part for part in rest.split() if not part.startswith("--")][:-1]:
            if "[" in source:
                continue
            source = source.rstrip("/")
            assert (ROOT / source).exists(), f"COPY {source}: there is none"
            assert not ignored(source, patterns), f"COPY {source}: it is not in the context"
    copied = " ".join(rest for word, rest in steps if word == "COPY")
    folders = set(manifest_folders())
    assert len(folders) > 30, f"only {len(folders)} targets were found in the manifest"
    for folder in folders:
        assert (ROOT / folder).is_dir(), f"the manifest's {folder} is not there"
        assert not ignored(folder, patterns), f"the manifest's {folder} is not in the context"
        assert re.search(rf"\b{folder.split('/')[0]}\b", copied), f"the manifest's {folder} is not copied"


def check_libraries(steps, binary):
    """The last stage installs the package of each library that the program loads, besides what every Debian has."""
    at = max(i for i, (word, _) in enumerate(steps) if word == "FROM")
    install = next(rest for word, rest in steps[at:] if word == "RUN" and "apt-get install" in rest)
    installed = set(re.search(r"--no-install-recommends (.*?) &&", install).group(1).split())
    base = {"libc6", "libgcc-s1"}
    for path in re.findall(r"=> (/\S+)", subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout):
        real = str(pathlib.Path(path).resolve())
        for name in (real, real.removeprefix("/usr")):
            query = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
            if query.returncode == 0:
                package = query.stdout.split(":")[0]
                # Proton brings OpenSSL along.
                assert package in installed | base | {"libssl3", "libssl3t64"}, f"{package} is needed for {path}"
                break


def main():
    steps = list(instructions((DOCKER / "Dockerfile").read_text()))
    check_stages(steps)
    check_context(steps)
    check_libraries(steps, sys.argv[1])
    print(f"deploy/docker: {len(steps)} instructions are sound")


if __name__ == "__main__":
    main()
