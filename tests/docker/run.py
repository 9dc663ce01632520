#!/usr/bin/python3
"""What can be checked of docker/ without an engine: that what its files name is there, and fits together.

    tests/docker/run.py --server build/release/bin/basalt-server
"""

import json
import os
import re
import shutil
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from lib.checks import Checks, argument_parser  # noqa: E402

TOP = os.path.dirname(TESTS)
DOCKER = os.path.join(TOP, "docker")
# Part of every Debian that can install packages.
ESSENTIAL = {"libc6", "libstdc++6", "libgcc-s1"}


def read(*path):
    with open(os.path.join(DOCKER, *path), encoding="utf-8") as file:
        return file.read()


def image_packages():
    """What the image that is shipped installs."""
    runtime = read("Dockerfile").rsplit("\nFROM ", 1)[1]
    command = re.search(r"apt-get install (.*?)&&", runtime.replace("\\\n", " "), re.DOTALL).group(1)
    return {word for word in command.split() if not word.startswith("-")}


def copied_files_are_there():
    """the files that the Dockerfile copies are there"""
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", read("Dockerfile"), re.MULTILINE)
    assert copied, "the Dockerfile copies nothing"
    for path in " ".join(copied).split():
        assert os.path.exists(os.path.join(TOP, path)), "there is no %s" % path


def mounted_files_are_there():
    """the files that compose.yaml mounts are there"""
    mounts = re.findall(r"^\s+- (\./[^:]+):", read("compose.yaml"), re.MULTILINE)
    assert len(mounts) >= 4, "only %s" % mounts
    for path in mounts:
        assert os.path.exists(os.path.join(DOCKER, path)), "there is no %s" % path


def libraries_are_installed(server):
    """the image installs every library that the programs are linked with"""
    folder = os.path.dirname(os.path.abspath(server))
    programs = [name for name in sorted(os.listdir(folder)) if re.fullmatch(r"basalt-[a-z]+", name)]
    assert "basalt-server" in programs, "there is no basalt-server in %s" % folder
    needed = {library: name for name in programs for library in needed_libraries(os.path.join(folder, name))}
    there = image_packages() | ESSENTIAL
    for library, name in needed.items():
        packages = packages_with(library)
        assert packages & there, "%s needs %s of %s" % (name, library, " or ".join(sorted(packages)) or "no package")


def needed_libraries(program):
    text = subprocess.run(["objdump", "-p", program], capture_output=True, text=True, check=True).stdout
    return [name for name in re.findall(r"NEEDED\s+(\S+)", text) if not name.startswith("ld-linux")]


def packages_with(library):
    text = subprocess.run(["dpkg-query", "-S", "*/" + library], capture_output=True, text=True).stdout
    return {line.split(":")[0] for line in text.splitlines()}


def ports_and_names_agree():
    """Prometheus asks the server of compose.yaml, and Grafana asks that Prometheus"""
    compose, dashboard = read("compose.yaml"), json.loads(read("grafana", "dashboards", "basalt.json"))
    target = re.search(r'targets: \["(\w+):(\d+)"\]', read("prometheus.yml"))
    assert target, "prometheus.yml has no target"
    assert "\n  %s:\n" % target.group(1) in compose, "compose.yaml has no service %s" % target.group(1)
    assert '--metrics-port\n      - "%s"' % target.group(2) in compose, "compose.yaml has another metrics-port"
    source = read("grafana", "provisioning", "datasources", "prometheus.yml")
    uid = re.search(r"uid: (\w+)", source).group(1)
    assert "http://prometheus:9090" in source and "\n  prometheus:\n" in compose, "Grafana asks another Prometheus"
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == uid, "%s asks another source" % panel["title"]


def prometheus_reads_its_files():
    """promtool takes the configuration and the rules"""
    promtool = shutil.which("promtool")
    if not promtool:
        print("promtool is not installed: prometheus.yml and alerts.yml were not read by it", flush=True)
        return
    check = subprocess.run([promtool, "check", "config", "prometheus.yml"], cwd=DOCKER, capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


def main():
    options = argument_parser(__doc__).parse_args()
    checks = Checks()
    checks.check_all([copied_files_are_there, mounted_files_are_there, ports_and_names_agree, prometheus_reads_its_files])
    checks.check(libraries_are_installed.__doc__, libraries_are_installed, options.server)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
