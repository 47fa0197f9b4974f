"""The configs of scripts/check_same_bytes: every layer is in one of them, and the vector kernels give the scalar path's bytes."""

import json
import unittest

from support import SOURCE, CommandLineTest

CONFIGS = sorted((SOURCE / "tests" / "cli").glob("same_bytes*.json"))


def layer_types(value):
    """Every type and every activation that a part of a config names."""
    if isinstance(value, list):
        return set().union(*map(layer_types, value))
    if not isinstance(value, dict):
        return set()
    named = {value[key] for key in ("type", "activation") if key in value}
    return named.union(*map(layer_types, value.values()))


class SameBytesTest(CommandLineTest):
    def test_every_layer_is_in_a_config(self):
        named = set().union(*(layer_types(json.loads(path.read_text(encoding="utf-8"))) for path in CONFIGS))
        layers = {layer["type"] for layer in json.loads(self.run_in("list", "layers", "--json").stdout)}
        self.assertGreater(len(layers), 20)
        self.assertEqual(layers - named, set())

    def test_vectors_give_the_bytes_of_the_scalar_path(self):
        for path in CONFIGS[1:]:  # same_bytes.json itself takes long without vectors
            with self.subTest(path.name):
                for folder, environment in (("vectors", {}), ("scalar", {"NORMRUN_ISA": "scalar"})):
                    result = self.run_in("train", "--config", path, "--out", folder, "--quiet", "--force", env=environment, timeout=600)
                    self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(self.bytes_of("vectors"), self.bytes_of("scalar"))


if __name__ == "__main__":
    unittest.main()
