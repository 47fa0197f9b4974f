#!/usr/bin/python3
"""Reads a JSON Schema on stdin and prints libFuzzer's dictionary for it, as JSON texts: the names of the options and the words they take.

example: normrun schema | scripts/fuzz_dictionary.py
"""
import json
import sys


def words(node):
    """Returns the words of a node of the schema."""
    if isinstance(node, list):
        return set().union(*map(words, node))
    if not isinstance(node, dict):
        return set()
    taken = {word for word in [*node.get("enum", []), node.get("const")] if isinstance(word, str)}
    return taken.union(node.get("properties", {}), *map(words, node.values()))


def main():
    for word in sorted(words(json.load(sys.stdin))):
        print(json.dumps(json.dumps(word)))


if __name__ == "__main__":
    main()
