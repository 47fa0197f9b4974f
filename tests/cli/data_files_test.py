"""Data files as people have them: inspected, turned into a config, trained; what cannot be read says what to do."""

import csv
import gzip
import json
import random
import struct
import unittest

from support import CommandLineTest


def table(rows=40, seed=1):
    """Words, dates, missing cells, an index, and a class that depends on the inputs."""
    draw = random.Random(seed)
    lines = [",when,town,size,flag,kind"]
    for row in range(rows):
        size = draw.gauss(0, 1)
        cell = "" if row % 9 == 4 else f"{size:.3f}"
        lines.append(f"{row},2024-01-{1 + row % 28:02},{draw.choice(['Bonn', 'Ulm', 'Kiel'])},{cell},{draw.choice(['yes', 'no'])},{'big' if size > 0 else 'small'}")
    return "\n".join(lines) + "\n"


def prices(rows=60):
    draw = random.Random(2)
    lines = ["rooms;area;price"]
    for _ in range(rows):
        rooms = draw.randint(1, 6)
        area = rooms * 20 + draw.uniform(-5, 5)
        lines.append(f"{rooms};{area:.1f};{2000 * area + draw.gauss(0, 1000):.1f}".replace(".", ","))
    return "\n".join(lines) + "\n"


def npy(descr, shape, payload):
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * ((64 - (10 + len(text) + 1) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + payload


CONFIG = {
    "name": "c",
    "data": {"type": "csv", "path": "data.csv"},
    "network": [{"type": "dense", "units": 4}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 2}],
    "norm": {"type": "batch", "momentum": 0.9},
    "train": {"batch_size": 4, "epochs": 1},
}

# name: (bytes, words of the message)
BROKEN = {
    "parquet": (b"PAR1\x15\x04\x15", ["Parquet", "to_csv"]),
    "feather": (b"ARROW1\0\0\xff\xff", ["Feather", "to_csv"]),
    "excel": (b"PK\x03\x04\x14\0\x06\0" + bytes(20) + b"[Content_Types].xml", ["Excel", "CSV"]),
    "zip": (b"PK\x03\x04\x14\0\0\0" + bytes(20) + b"data.csv", ["ZIP", "unzip"]),
    "torch": (b"PK\x03\x04\0\0\x08\x08" + bytes(20) + b"archive/data.pkl", ["PyTorch", "safetensors"]),
    "pickle": (b"\x80\x04\x95\x10\0\0", ["pickle"]),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(8), ["HDF5"]),
    "arff": (b"% title\n@relation iris\n@attribute a numeric\n", ["ARFF", "to_csv"]),
    "sqlite": (b"SQLite format 3\0" + bytes(80), ["SQLite", "sqlite3"]),
    "json": (b'[{"a": 1, "y": "no"}]', ["JSON", "to_csv"]),
    "bzip2": (b"BZh91AY&SY", ["bzip2", "bunzip2"]),
    "web page": (b"<!DOCTYPE html><html><body>404</body></html>", ["web page"]),
    "an array": (npy("<f8", "(2, 1)", bytes(16)), ['"type": "npy"']),
    "one class": (b"a,b,y\n1,2,no\n3,4,no\n5,7,no\n", ['"y"', "one class", '"no"']),
    "names twice": (b"a,a,y\n1,2,no\n3,4,yes\n", ['"a"', '"ignore": [1]']),
    "a title": (b"Results of May\na,b,y\n1,2,no\n3,4,yes\n5,6,no\n", ['"skip_rows": 1']),
    "NUL bytes": (b"a,b,y\n1,2,n\0o\n3,4,yes\n", ["data.csv:2", "NUL"]),
    "two problems": (b"a,b,y\n1,,no\nx,4,yes\n5,6,no\n7,8,yes\n", ["data.csv:2:3", "data.csv:3:1", '"ignore": ["a", "b"]', '"impute"', '"missing": ["x"]']),
    "an empty column": (b"a,b,y\n1,,no\n2,,yes\n5,,no\n", ["holds no value", '"ignore": ["b"]']),
    "a label that is missing": (b"a,b,y\n1,2,no\n2,3,\n5,7,yes\n", ["data.csv:3", '"unlabelled": "drop"']),
    "UTF-16 that is cut off": (b"\xff\xfe" + "a,b,y\n1,2,no\n".encode("utf-16-le") + b"x", ["amid a character"]),
    "an open quote": (b'a,b,y\n1,"2,no\n3,4,yes\n', ["data.csv:2", "never closed"]),
}


class DataFilesTest(CommandLineTest):
    def table_of(self, name):
        with open(self.folder / name, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def train(self, config, *options):
        result = self.run_in("train", "--config", config, "--out", "out", "--force", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def test_init_writes_a_config_that_trains(self):
        self.write("files/data.csv.gz", gzip.compress(table().encode()))
        (self.folder / "configs").mkdir()
        made = self.run_in("init", "files/data.csv.gz", "--out", "configs/c.json")
        self.assertEqual(made.returncode, 0, made.stderr)
        config = json.loads((self.folder / "configs/c.json").read_text())
        self.assertEqual(config["data"]["path"], "../files/data.csv.gz")
        self.assertEqual(config["data"]["label"], "kind")
        self.assertEqual((config["data"]["impute"], config["data"]["dates"]), ("mean", "parts"))
        result = self.train("configs/c.json", "--epochs", "2", "--seeds", "0")
        self.assertIn("counts the rows", result.stderr)  # the index
        self.assertEqual({line["class"] for line in self.table_of("out/classes.csv")}, {"big", "small"})
        again = self.run_in("init", "files/data.csv.gz", "--out", "configs/c.json")
        self.assertEqual(again.returncode, 73)
        printed = self.run_in("init", "files/data.csv.gz")
        self.assertEqual(json.loads(printed.stdout)["data"]["path"], "files/data.csv.gz")

    def test_numbers_are_predicted_in_the_files_units(self):
        self.write("prices.csv", prices())
        self.assertEqual(self.run_in("init", "prices.csv", "--out", "c.json").returncode, 0)
        data = json.loads((self.folder / "c.json").read_text())["data"]
        self.assertEqual((data["target"], data["standardize_target"]), ("number", True))
        self.train("c.json", "--seeds", "0", "--grid", "norm.type=none", "--grid", "train.batch_size=4", "--epochs", "40")
        scores = {(line["split"], line["mode"], line["metric"]): float(line["value"]) for line in self.table_of("out/scores.csv")}
        self.assertGreater(scores["test", "eval", "r2"], 0.9)
        self.assertGreater(scores["test", "eval", "mae"], 100)
        run = self.table_of("out/runs.csv")[0]
        self.assertAlmostEqual(float(run["test_loss_eval"]), scores["test", "eval", "rmse"] ** 2, delta=1e-4 * float(run["test_loss_eval"]))
        self.assertGreater(float(run["train_loss"]), 1e4)
        self.assertGreater(float(self.table_of("out/history.csv")[0]["loss"]), 1e6)

    def test_training_rows_in_eval_mode_where_asked(self):
        self.write("data.csv", table())
        self.run_in("init", "data.csv", "--out", "c.json")
        self.train("c.json", "--set", "grid={}", "--epochs", "2", "--set", "compare.train_history_every=2")
        lines = [(line["epoch"], line["mode"]) for line in self.table_of("out/history.csv") if line["split"] == "train"]
        self.assertEqual(lines, [("1", "train"), ("2", "train"), ("2", "eval")])

    def test_inspect_shows_columns_and_the_lines_that_follow(self):
        self.write("data.csv", table())
        shown = self.run_in("inspect", "data.csv")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        for words in ("40 rows and 6 columns", "index", "dates", "Bonn", '"label": "kind"', '"impute": "mean"'):
            self.assertIn(words, shown.stdout)
        columns = json.loads(self.run_in("inspect", "data.csv", "--json").stdout)["columns"]
        self.assertEqual([column["type"] for column in columns], ["index", "dates", "words", "number", "true/false", "words"])
        self.assertEqual(columns[3]["missing"], 4)

    def test_inspect_shows_arrays_and_tensors(self):
        self.write("x.npy", npy("<f4", "(3, 2)", struct.pack("<6f", 1, 2, 3, 4, 5, 6.5)))
        self.assertIn("float32 of shape (3, 2), 1 to 6.5", self.run_in("inspect", "x.npy").stdout)
        header = json.dumps({"dense.kernel": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}).encode()
        self.write("w.safetensors", struct.pack("<Q", len(header)) + header + bytes(8))
        self.assertIn("dense.kernel", self.run_in("inspect", "w.safetensors").stdout)

    def test_init_of_arrays(self):
        self.write("x.npy", npy("|u1", "(20, 3)", bytes(range(60))))
        self.write("y.npy", npy("<f8", "(20,)", struct.pack("<20d", *[1 + row % 2 for row in range(20)])))
        self.assertEqual(self.run_in("init", "x.npy", "--target", "y.npy", "--out", "c.json").returncode, 0)
        self.train("c.json", "--set", "grid={}", "--set", "train.batch_size=4", "--epochs", "1")
        self.assertEqual({line["class"] for line in self.table_of("out/classes.csv")}, {"1", "2"})

    def test_describe_shows_what_becomes_of_the_columns(self):
        self.write("data.csv", table())
        self.run_in("init", "data.csv", "--out", "c.json")
        shown = self.run_in("describe", "c.json").stdout
        for words in ("one-hot, 3 inputs", "as 0 and 1", "left out", "2 classes"):
            self.assertIn(words, shown)

    def test_floating_labels_that_are_whole_say_how_to_make_classes_of_them(self):
        self.write("x.npy", npy("|u1", "(8, 1)", bytes(range(8))))
        self.write("y.npy", npy("<f8", "(8,)", struct.pack("<8d", 0, 1, 0, 1, 0, 1, 0, 1)))
        self.write("c.json", json.dumps(dict(CONFIG, data={"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}})))
        self.assert_refused(self.run_in("train", "--config", "c.json"), 2, '"target": "class"')

    def test_a_wrong_number_of_classes_names_them(self):
        self.write("data.csv", "a,b,y\n1,2,no\n3,4,Yes\n5,6,yes\n7,8,no\n")
        self.write("c.json", json.dumps(CONFIG))
        self.assert_refused(self.run_in("train", "--config", "c.json"), 2, "3 classes", '"Yes"', '"yes"')

    def test_broken_files_say_what_to_do(self):
        self.write("c.json", json.dumps(CONFIG))
        for name, (content, words) in BROKEN.items():
            with self.subTest(name):
                self.write("data.csv", content)
                self.assert_refused(self.run_in("train", "--config", "c.json"), 65, *words)

    def test_words_of_other_programs_get_ours(self):
        for key, own in {"sep": "delimiter", "na_values": "missing", "drop": "ignore", "skiprows": "skip_rows", "test_size": "test_fraction"}.items():
            with self.subTest(key):
                self.write("c.json", json.dumps(dict(CONFIG, data=dict(CONFIG["data"], **{key: 1}))))
                self.assert_refused(self.run_in("validate", "c.json"), 2, key, own)
        self.write("c.json", json.dumps(dict(CONFIG, norm={"type": "BatchNorm1d"})))
        self.assert_refused(self.run_in("validate", "c.json"), 2, '"batch"')

    def test_weights_of_rows_are_refused_clearly(self):
        self.write("data.csv", "a,b,y\n1,2,no\n3,4,yes\n")
        self.write("c.json", json.dumps(dict(CONFIG, data=dict(CONFIG["data"], weights="b"))))
        self.assert_refused(self.run_in("validate", "c.json"), 2, "weights", "every row alike")


if __name__ == "__main__":
    unittest.main()
