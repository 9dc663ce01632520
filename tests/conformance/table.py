"""The table of commands in docs/compatibility.md: how many of Redis's commands Basalt has, a row a family.

Basalt is asked for its own table (COMMAND LIST with the subcommands); redis-commands.txt says what each version of
Redis has. The lines between the two marks of the document are written anew, nothing else.
"""

import collections
import os
import re

from lib.servers import Server

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = os.path.join(HERE, "redis-commands.txt")
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "compatibility.md")
VERSIONS = ("7.0", "7.2", "7.4", "8.0")


class NoMarks(Exception):
    pass


def load_redis(path=COMMANDS):
    """{family: {name: versions}}"""
    families = collections.defaultdict(dict)
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                family, name, *versions = line.split()
                families[family][name] = versions
    return families


def names_of(rows):
    """The names in a reply of COMMAND: a command's own, and those of its subcommands."""
    for row in rows:
        yield row.value[0].value.decode()
        yield from names_of(row.value[9].value)


def ask_basalt(program):
    server = Server("basalt", program).start()
    try:
        return set(names_of(server.connect(60.0).call("COMMAND").value))
    finally:
        server.clear()


def rows(families, basalt):
    for family in sorted(families):
        commands = families[family]
        counts = []
        for version in VERSIONS:
            of_version = [name for name, versions in commands.items() if version in versions]
            counts.append("%d of %d" % (len(basalt.intersection(of_version)), len(of_version)))
        missing = [name for name in commands if name not in basalt]
        yield family, counts, missing


def markdown(families, basalt):
    lines = ["| family | " + " | ".join("Redis " + version for version in VERSIONS) + " | missing |"]
    lines.append("| --- |" + " ---: |" * len(VERSIONS) + " --- |")
    for family, counts, missing in rows(families, basalt):
        words = ", ".join(name.upper().replace("|", " ") for name in missing)
        lines.append("| %s | %s | %s |" % (family.replace("_", " "), " | ".join(counts), words))
    everything = {"all": {name: versions for commands in families.values() for name, versions in commands.items()}}
    for family, counts, _ in rows(everything, basalt):
        lines.append("| **%s** | %s | |" % (family, " | ".join("**%s**" % count for count in counts)))
    return "\n".join(lines)


def replace_between(mark, text, path=DOCUMENT):
    """Writes `text` between <!-- mark --> and <!-- end of mark -->."""
    with open(path, encoding="utf-8") as file:
        document = file.read()
    pattern = re.compile("(<!-- %s -->\n).*?(<!-- end of %s -->)" % (mark, mark), re.DOTALL)
    document, count = pattern.subn(lambda match: match.group(1) + text + "\n" + match.group(2), document)
    if count != 1:
        raise NoMarks("%s has no place marked for %s" % (path, mark))
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)


def write_commands(program):
    replace_between("commands", markdown(load_redis(), ask_basalt(program)))


def write_totals(results, date, version):
    """`results`: (file, passed, failed, never ran) each."""
    lines = ["Redis's suite of branch 7.0, %s, on %s:" % (version, date), ""]
    lines += ["| file | passed | failed | never ran |", "| --- | ---: | ---: | ---: |"]
    lines += ["| %s | %d | %d | %d |" % row for row in results if any(row[1:])]
    sums = [sum(row[column] for row in results) for column in (1, 2, 3)]
    lines.append("| **total** | **%d** | **%d** | **%d** |" % tuple(sums))
    replace_between("totals", "\n".join(lines))
