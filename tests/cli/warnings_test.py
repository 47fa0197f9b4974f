"""What `validate` and `describe` tell before any training, and the numbers that they tell it by."""

import json
import unittest

from support import SMALL, CommandLineTest


class WarningsTest(CommandLineTest):
    def warnings_of(self, **changes):
        config = {key: dict(value) if isinstance(value, dict) else value for key, value in SMALL.items()}
        config["grid"] = {"seed": [0, 1]}
        for section, keys in changes.items():
            config[section].update(keys)
        self.write("config.json", json.dumps(config))
        result = self.run_in("validate", "config.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("config.json: ok", result.stdout)
        described = self.run_in("describe", "config.json", "--json")
        listed = json.loads(described.stdout)["warnings"]
        for warning in listed:
            self.assertIn(warning, result.stderr)
        return listed

    def one(self, **changes):
        warnings = self.warnings_of(**changes)
        self.assertEqual(len(warnings), 1, warnings)
        return warnings[0]

    def test_a_sound_config_has_none(self):
        self.assertEqual(self.warnings_of(train={"epochs": 20}), [])

    def test_a_last_batch_of_one_row(self):
        self.assertIn("61 training rows in batches of 10 leave a last batch of 1 row", self.one(data={"samples": 61}, train={"batch_size": 10, "epochs": 20}))
        self.assertEqual(self.warnings_of(data={"samples": 61, "batching": {"last": "drop"}}, train={"batch_size": 10, "epochs": 20}), [])

    def test_batches_of_one_row(self):
        self.assertIn("1 row at a time", self.one(train={"batch_size": 1, "epochs": 20}))
        self.assertIn("batches of 8 in 8 parts", self.one(train={"batch_size": 8, "accumulate": 8, "epochs": 20}))

    def test_fewer_rows_than_a_batch(self):
        self.assertIn("60 training rows are fewer than a batch of 64", self.one(train={"batch_size": 64, "epochs": 60}))

    def test_a_momentum_that_forgets_or_stays_cold(self):
        self.assertIn("old value's weight of 0.01", self.one(norm={"momentum": 0.99, "momentum_weighs": "new"}, train={"epochs": 20}))
        self.assertIn("after 16 updates with an old value's weight of 0.99, 85 %", self.one(norm={"momentum": 0.99}))

    def test_a_validation_in_train_mode(self):
        self.assertIn("train mode alone", self.one(train={"history": ["train"], "epochs": 20}))

    def test_statistics_that_never_move(self):
        self.assertIn("never move", self.one(train={"forward_mode": "frozen-statistics", "epochs": 20}))

    def test_statistics_that_do_not_train(self):
        frozen = self.one(norm={"trainable": False}, train={"epochs": 20})
        self.assertIn("never move", frozen)
        self.assertIn("train.init_from", frozen)
        half = self.one(norm={"momentum": 0.99}, train={"epochs": 2, "phases": [{"from_epoch": 1, "freeze": ["norms"]}]})
        self.assertIn("after 8 updates with an old value's weight of 0.99, 92 %", half)

    def test_what_never_begins(self):
        late = self.one(train={"epochs": 20, "phases": [{"from_epoch": 50, "freeze": ["norms"]}]})
        self.assertIn("train.phases", late)
        self.assertIn("never begins", late)
        late = self.one(train={"epochs": 20, "average_weights": {"type": "swa", "from": 21}})
        self.assertIn("train.average_weights", late)
        self.assertEqual(self.warnings_of(train={"epochs": 20, "average_weights": {"type": "swa", "from": 20}}), [])

    def test_layer_normalization_has_none(self):
        self.assertEqual(self.warnings_of(grid={"norm.type": ["layer"]}, data={"samples": 61}, train={"batch_size": 10}), [])


if __name__ == "__main__":
    unittest.main()
