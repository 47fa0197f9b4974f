#!/usr/bin/python3
"""Checks that no two files define a type of the same name: the linker would keep one of the two for both.

usage: scripts/check_names.py [ROOT]
Looks at every class, struct, union and enum at namespace scope in lib and apps.  A type in an unnamed namespace belongs to its file,
or, in the optimized presets, to all files of its folder, which are compiled as one: there it must be the only one of its name.
"""
import re
import sys

from source_checks import report

# Text that may hide a brace or a word: preprocessor lines, comments, raw strings, strings, and characters (but not the ' of 1'000).
HIDDEN = re.compile(r"""^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*|//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:[^"\\\n]|\\.)*"
                        |(?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+'""", re.M | re.S | re.X)
TOKEN = re.compile(r"[A-Za-z_]\w*|::|\[\[|\]\]|[^\w\s]")
KINDS = {"class", "struct", "union", "enum"}
CLOSED_BY = {"<": ">", "(": ")", "[[": "]]"}


def skip(tokens, at):
    """Returns the place after the bracket that closes the one at `at`."""
    opening, depth = tokens[at], 0
    while at < len(tokens):
        depth += (tokens[at] == opening) - (tokens[at] == CLOSED_BY[opening])
        at += 1
        if depth == 0:
            return at
    return at


def defined_type(tokens):
    """Returns the name of the type whose body follows these tokens, or None.  Specializations have no name of their own."""
    at = 0
    while tokens[at:at + 2] == ["template", "<"]:
        at = skip(tokens, at + 1)
    if at == len(tokens) or tokens[at] not in KINDS:
        return None
    while at < len(tokens) and tokens[at] in KINDS | {"alignas", "[[", "("}:
        at = skip(tokens, at) if tokens[at] in CLOSED_BY else at + 1
    name = []
    while at < len(tokens) and (tokens[at] == "::" or tokens[at].isidentifier() and tokens[at] != "final"):
        name.append(tokens[at])
        at += 1
    follows = tokens[at] if at < len(tokens) else "{"
    return "".join(name) if name and follows in ("{", ":", "final") else None


def opened_namespace(tokens):
    """Returns the name of the namespace whose body follows these tokens ("" where it has no name), or None."""
    if tokens[:1] == ["inline"]:
        tokens = tokens[1:]
    return "".join(tokens[1:]) if tokens[:1] == ["namespace"] else None


def types(path):
    """Yields (line number, qualified name, whether it is in an unnamed namespace) of each type that a file defines."""
    text = HIDDEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), path.read_text(encoding="utf-8"))
    scopes, tokens, inside = [], [], 0  # open namespaces, the tokens of the current declaration, open braces other than a namespace's
    for match in TOKEN.finditer(text):
        token = match.group()
        if token == "{":
            namespace = opened_namespace(tokens)
            if inside == 0 and (namespace is not None or tokens == ["extern"]):
                scopes.append(namespace or "")
            else:
                name = defined_type(tokens) if inside == 0 else None
                if name:
                    yield text.count("\n", 0, match.start()) + 1, "::".join([*filter(None, scopes), name]), "" in scopes
                inside += 1
        elif token == "}":
            if inside > 0:
                inside -= 1
            elif scopes:
                scopes.pop()
        if token in "{};":
            tokens = []
        else:
            tokens.append(token)


def problems(root):
    seen = {}
    for folder in ("lib", "apps"):
        for path in sorted((root / folder).rglob("*.[ch]pp")):
            file = path.relative_to(root)
            for line, name, unnamed in types(path):
                owner = file.parent if unnamed else None
                first = seen.setdefault((name, owner), (file, line))
                if first[0] != file:
                    where = "an unnamed namespace of a folder that is compiled as one file" if unnamed else "a second file"
                    yield f"{file}:{line}: {name} is defined in {where}; the first is {first[0]}:{first[1]}; rename one of them"


if __name__ == "__main__":
    sys.exit(report(problems))
