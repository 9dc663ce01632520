#!/usr/bin/env python3
"""Checks that src/ and tools/ keep to their layers and their shape.

    tools/lib/check_layers.py [SOURCE_FOLDER…]     (default: src and tools of this project)

A folder includes only what stands below it; RocksDB is named in src/store only, Asio in src/net
only; no file is longer than 800 lines; a header opens with a comment that says what it is for.
Prints one line when all is well; otherwise every breach as file:line, and exits with 1.
"""

import re
import sys
from pathlib import Path

# What each layer may include besides itself. The one place that says so for a machine.
BELOW = {
    "base": set(),
    "resp": {"base"},
    "layout": {"base"},
    "store": {"base", "layout"},
    "keyspace": {"base", "layout", "store"},
    "command": {"base", "layout", "store", "keyspace", "resp"},
}
BELOW["types"] = BELOW["command"] | {"command"}
BELOW["server"] = BELOW["types"] | {"types"}
BELOW["net"] = BELOW["server"] | {"server"}
# The command-line tools stand beside the network; nothing in src/ includes them.
BELOW["tools"] = BELOW["server"] | {"server"}

# Libraries that only one layer may name.
OWNERS = {"rocksdb": "store", "asio": "net"}

MAX_LINES = 800
SUFFIXES = {".h", ".cc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
ANY_INCLUDE = re.compile(r"^\s*#\s*include\b")


def library_of(path):
    """The guarded library that an include names: rocksdb/db.h, asio.hpp, boost/asio.hpp."""
    parts = path.removeprefix("boost/").split("/")
    name = parts[0].removesuffix(".hpp").removesuffix(".h")
    return name if name in OWNERS else None


def check_include(layer, line):
    """What is wrong with one line of a file of `layer` (None: src/ itself), or None."""
    match = INCLUDE.match(line)
    if not match:
        return "an include must name its file" if ANY_INCLUDE.match(line) else None
    quote, path = match.groups()
    library = library_of(path)
    if library and layer != OWNERS[library]:
        return f"only src/{OWNERS[library]} includes {library}: {path}"
    target = path.split("/")[0] if "/" in path else None
    if target in BELOW:
        if layer is None or target == layer or target in BELOW[layer]:
            return None
        return f"{layer} must not include {target}, which does not stand below it: {path}"
    if quote == '"' and not library:
        return f"a file of our own is named by its layer, from src/ (or tools/…): {path}"
    return None


def check_shape(path, lines):
    """Breaches of length and of a header's opening, as (line number, text)."""
    if len(lines) > MAX_LINES:
        yield len(lines), f"{len(lines)} lines, more than {MAX_LINES}"
    if path.suffix != ".h":
        return
    if not lines or not lines[0].startswith(("//", "/*")):
        yield 1, "a header opens with a comment that says what it is for"
    if "#pragma once" not in lines:
        yield 1, "a header has #pragma once"


def check_file(source, path):
    relative = path.relative_to(source)
    layer = relative.parts[0] if len(relative.parts) > 1 else None
    if source.name == "tools":
        layer = "tools"
    lines = path.read_text(encoding="utf-8").splitlines()
    if layer is not None and layer not in BELOW:
        yield 1, f"src/{layer} is no layer"
        return
    yield from check_shape(path, lines)
    for number, line in enumerate(lines, 1):
        breach = check_include(layer, line)
        if breach:
            yield number, breach


def main():
    project = Path(__file__).resolve().parents[2]
    sources = [Path(name) for name in sys.argv[1:]] or [project / "src", project / "tools"]
    count = 0
    breaches = 0
    for source in sources:
        files = sorted(p for p in source.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        if not files:
            print(f"check_layers: no sources in {source}", file=sys.stderr)
            return 1
        count += len(files)
        for path in files:
            for number, text in check_file(source, path):
                print(f"{path}:{number}: {text}", file=sys.stderr)
                breaches += 1
    if breaches:
        print(f"check_layers: {count} files, {breaches} breaches", file=sys.stderr)
        return 1
    print(f"check_layers: {count} files, ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
