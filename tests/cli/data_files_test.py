"""Data files as people have them: inspected, turned into a config, trained; what cannot be read says what to do."""

import csv
import gzip
import io
import json
import random
import struct
import unittest
import zipfile

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
    "matlab": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(90), ["MATLAB", "loadmat"]),
    "netcdf": (b"CDF\x01" + bytes(30), ["NetCDF"]),
    "fits": (b"SIMPLE  =                    T" + b" " * 100, ["FITS"]),
    "tar": (b"x.csv" + bytes(252) + b"ustar\x0000" + bytes(300), ["tar archive", "tar -xf"]),
    "libsvm": (b"-1 1:0.5 3:1e-3\n+1 2:0.25 3:4\n", ["LIBSVM", "load_svmlight_file"]),
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


def zipped(members, damage=lambda content: content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return damage(buffer.getvalue())


X_NPY = npy("<f8", "(4, 1)", struct.pack("<4d", 1, 2, 3, 4))
Y_NPY = npy("<i8", "(4,)", struct.pack("<4q", 0, 1, 0, 1))
GOOD = "a,b,y\n1,2,no\n3,4,yes\n5,6,no\n7,8,yes\n"
TWO_FILES = {"type": "csv", "train": "data.csv", "test": "test.csv"}
ARRAYS = {"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}}
MEMBERS = {"type": "npy", "train": {"features": "a.npz:X", "labels": "a.npz:y"}}
IDX = {"type": "idx", "train": {"images": "x", "labels": "y"}}


def idx(kind, dims, payload):
    return struct.pack(">HBB", 0, kind, len(dims)) + b"".join(struct.pack(">I", dim) for dim in dims) + payload


# name: (files, keys of "data", exit code, words of the message)
BROKEN_SETS = {
    "an HTML table": ({"data.csv": b"<table border=1><tr><td>1</td></tr></table>"}, {}, 65, ["web page", "read_html"]),
    "JSON lines": ({"data.csv": b'{"a": 1, "y": "no"}\n{"a": 2, "y": "yes"}\n'}, {}, 65, ["JSON", "lines=True"]),
    "Parquet in gzip": ({"data.csv": gzip.compress(b"PAR1\x15\x04\x15")}, {}, 65, ["Parquet"]),
    "torn gzip": ({"data.csv": gzip.compress(GOOD.encode() * 50)[:-9]}, {}, 65, ["data.csv", "gzip"]),
    "the wrong delimiter": ({"data.csv": GOOD.encode()}, {"delimiter": ";"}, 65, ["only one column", '"delimiter"']),
    "a long line among semicolons": ({"data.csv": GOOD.replace(",", ";").replace("5;6;no", "5;6;no;0").encode()}, {}, 65, ["data.csv:4", "4 cells", "semicolon"]),
    "a number in two parts": ({"data.csv": GOOD.replace("5,6", "5.0.1,6").encode()}, {}, 65, ["data.csv:4:1", '"5.0.1"', "row 3"]),
    "no row complete": ({"data.csv": b"a,b,y\n1,,no\n,2,yes\n"}, {"impute": "drop-row"}, 65, ["no row is left"]),
    "UTF-8 called UTF-16": ({"data.csv": GOOD.encode()}, {"encoding": "utf-16"}, 65, ["data.csv", '"encoding"']),
    "a test file of other names": ({"data.csv": GOOD.encode(), "test.csv": GOOD.replace("a,b", "a,c").encode()}, TWO_FILES, 65, ['"c"', '"b"']),
    "a test file of other width": ({"data.csv": GOOD.encode(), "test.csv": b"a,y\n1,no\n"}, TWO_FILES, 65, ["test.csv", "2 columns", "3"]),
    "a test label that is new": ({"data.csv": GOOD.encode(), "test.csv": GOOD.replace("7,8,yes", "7,8,maybe").encode()}, TWO_FILES, 65, ["test.csv:5", '"maybe"']),
    "too few labels": ({"data.csv": b"a,b\n1,2\n3,4\n", "l.csv": b"y\nno\n"}, {"labels": "l.csv"}, 65, ["l.csv", "1 labels", "2 rows"]),
    "a weight below 0": ({"data.csv": GOOD.replace("3,4", "3,-4").encode()}, {"weights": "b"}, 65, ["data.csv:3:3", '"-4"', "weight"]),
    "a weight that is missing": ({"data.csv": GOOD.replace("3,4", "3,").encode()}, {"weights": "b"}, 65, ["data.csv:3", "weight is missing"]),
    "weights of another column": ({"data.csv": GOOD.encode()}, {"weights": "w"}, 2, ['"w"', "no column"]),
    "a sequence of two weights": ({"data.csv": b"id,w,a,y\nu,1,1,0\nu,2,2,0\nv,1,3,1\n"}, {"weights": "w", "sequence": "id"}, 65, ["data.csv:3", "weight", "line 2"]),
    "a member that is not there": ({"a.npz": zipped({"X.npy": X_NPY})}, MEMBERS, 2, ["a.npz", '"y"', "X"]),
    "an archive that is cut off": ({"a.npz": zipped({"X.npy": X_NPY, "y.npy": Y_NPY}, lambda content: content[:-30])}, MEMBERS, 65, ["a.npz"]),
    "an archive with a wrong checksum": ({"a.npz": zipped({"X.npy": X_NPY, "y.npy": Y_NPY}, lambda content: content.replace(struct.pack("<d", 3), struct.pack("<d", 5)))}, MEMBERS, 65, ["a.npz", "checksum"]),
    "Fortran order that ends early": ({"x.npy": npy("<f8", "(4, 2)", bytes(56)).replace(b"False", b"True "), "y.npy": Y_NPY}, ARRAYS, 65, ["x.npy", "byte"]),
    "an infinity, big-endian": ({"x.npy": npy(">f4", "(4, 1)", struct.pack(">4f", 1, 2, float("inf"), 4)), "y.npy": Y_NPY}, ARRAYS, 65, ["x.npy", "row 3"]),
    "a shape below 0": ({"x.npy": npy("<f8", "(-4, 1)", bytes(32)), "y.npy": Y_NPY}, ARRAYS, 65, ["x.npy"]),
    "words in an array": ({"x.npy": X_NPY, "y.npy": npy("<U3", "(4,)", bytes(48))}, ARRAYS, 65, ["y.npy", "numpy.unique"]),
    "classes that are not whole": ({"x.npy": X_NPY, "y.npy": npy("<f8", "(4,)", struct.pack("<4d", 0, 1, 0.5, 1))}, dict(ARRAYS, target="class"), 65, ["y.npy", "row 3", '"target": "number"']),
    "one-hot labels": ({"x.npy": X_NPY, "y.npy": npy("|u1", "(4, 2)", bytes([0, 1] * 4))}, ARRAYS, 65, ["y.npy", "argmax"]),
    "NaN in floating IDX": ({"x": idx(13, [2, 1, 1], struct.pack(">2f", 1, float("nan"))), "y": idx(8, [2], bytes([0, 1]))}, IDX, 65, ["x", "row 2"]),
    "IDX of an unknown type": ({"x": idx(10, [2, 1, 1], bytes(2)), "y": idx(8, [2], bytes([0, 1]))}, IDX, 65, ["x", "byte"]),
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
        self.train("c.json", "--seeds", "0", "--grid", "norm.type=none", "--grid", "train.batch_size=4", "--epochs", "40", "--set",
                   "compare.outputs=5")
        outputs = [float(line["value"]) for line in self.table_of("out/outputs.csv")]
        self.assertTrue(all(10_000 < value < 400_000 for value in outputs), outputs)  # prices, not their standard deviations
        scores = {(line["split"], line["mode"], line["metric"]): float(line["value"]) for line in self.table_of("out/scores.csv")}
        self.assertGreater(scores["test", "eval", "r2"], 0.9)
        self.assertGreater(scores["test", "eval", "mae"], 100)
        summary = {line["metric"]: line["mean"] for line in self.table_of("out/summary.csv")}
        self.assertEqual(float(summary["scores.r2[test eval]"]), scores["test", "eval", "r2"])
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

    def test_validate_says_of_data_that_they_are_data(self):
        self.write("data.csv", GOOD)
        (self.folder / "x.npy").write_bytes(X_NPY)
        for name in ("data.csv", "x.npy"):
            result = self.run_in("validate", name)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn("normrun inspect", result.stderr)
            self.assertNotIn("UTF-8", result.stderr)

    def test_files_that_do_not_belong_together_or_are_damaged(self):
        for name, (files, data, code, words) in BROKEN_SETS.items():
            with self.subTest(name):
                for file, content in files.items():
                    self.write(file, content)
                own = data if "train" in data else dict(CONFIG["data"], **data)
                self.write("c.json", json.dumps(dict(CONFIG, data=own)))
                self.assert_refused(self.run_in("train", "--config", "c.json"), code, *words)

    def test_init_takes_labels_from_a_file_of_their_own(self):
        self.write("x.csv", "a,b\n" + "".join(f"{row},{row % 7}\n" for row in range(20)))
        self.write("y.csv", "kind\n" + "".join(f"{['cat', 'dog'][row % 2]}\n" for row in range(20)))
        self.assertEqual(self.run_in("init", "x.csv", "--target", "y.csv", "--out", "c.json").returncode, 0)
        data = json.loads((self.folder / "c.json").read_text())["data"]
        self.assertEqual((data["path"], data["labels"], data["label"]), ("x.csv", "y.csv", "kind"))
        self.train("c.json", "--set", "grid={}", "--set", "train.batch_size=4", "--epochs", "1")
        self.assertEqual({line["class"] for line in self.table_of("out/classes.csv")}, {"cat", "dog"})
        self.write("x.npz", zipped({"X.npy": X_NPY}))
        self.write("labels.npy", Y_NPY)
        made = self.run_in("init", "x.npz", "--target", "labels.npy")
        self.assertEqual(json.loads(made.stdout)["data"]["train"], {"features": "x.npz:X", "labels": "labels.npy"})

    def test_init_names_what_a_reader_would_ask_about(self):
        rows = "".join(f"{row % 5},{row % 3},{-200 if row % 4 == 0 else row},7,{'no' if row % 2 else 'yes'}\n" for row in range(30))
        self.write("data.csv", "a,a,co,unit,y\n" + rows)
        made = self.run_in("init", "data.csv", "--out", "c.json")
        self.assertEqual(made.returncode, 0, made.stderr)
        for words in ('column 1 is left out: column 0 has the same name, "a"', 'column "unit" holds a single value, 7',
                      'column "co" holds -200 in 8 rows', '"missing": ["-200"]'):
            self.assertIn(words, made.stderr)
        self.assertEqual(json.loads((self.folder / "c.json").read_text())["data"]["ignore"], [1])
        self.train("c.json", "--set", "grid={}", "--set", "train.batch_size=4", "--epochs", "1")

    def test_words_of_other_programs_get_ours(self):
        for key, own in {"sep": "delimiter", "na_values": "missing", "drop": "ignore", "skiprows": "skip_rows", "test_size": "test_fraction", "sample_weight": "weights"}.items():
            with self.subTest(key):
                self.write("c.json", json.dumps(dict(CONFIG, data=dict(CONFIG["data"], **{key: 1}))))
                self.assert_refused(self.run_in("validate", "c.json"), 2, key, own)
        self.write("c.json", json.dumps(dict(CONFIG, norm={"type": "BatchNorm1d"})))
        self.assert_refused(self.run_in("validate", "c.json"), 2, '"batch"')

    def test_weights_multiply_the_losses_of_their_rows(self):
        """One step of gradient descent on all rows: w -= rate * sum(weight * d loss / dw) / rows, as Keras's sample_weight has it."""
        x, y, weights = [1.0, 2.0, -1.0, 0.5], [1.0, 0.0, 2.0, -1.0], [3.0, 0.0, 1.0, 0.5]
        self.write("data.csv", "x,weight,y\n" + "".join(f"{a},{w},{b}\n" for a, w, b in zip(x, weights, y)))
        data = {"type": "csv", "path": "data.csv", "weights": "weight", "target": "number", "test_fraction": 0}
        network = [{"type": "dense", "units": 1, "use_bias": False, "kernel_initializer": {"type": "zeros"}, "name": "line"}]
        train = {"batch_size": 4, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0.1}}
        self.write("c.json", json.dumps(dict(CONFIG, data=data, network=network, norm={"type": "none"}, train=train, precision="float64")))
        self.train("c.json")
        run = self.table_of("out/runs.csv")[0]
        self.assertAlmostEqual(float(run["train_loss"]), sum(w * b * b for w, b in zip(weights, y)) / 4, delta=1e-12)
        header = (self.folder / "out/checkpoints" / f"{run['run_id']}.safetensors").read_bytes()
        size = struct.unpack("<Q", header[:8])[0]
        place = json.loads(header[8:8 + size])["line.kernel"]["data_offsets"][0]
        kernel = struct.unpack_from("<d", header, 8 + size + place)[0]
        self.assertAlmostEqual(kernel, 0.1 * sum(w * 2 * b * a for a, w, b in zip(x, weights, y)) / 4, delta=1e-12)

    def test_scores_count_weighted_rows_once(self):
        self.write("data.csv", "a,w,y\n" + "".join(f"{row},{1 + row % 3},{row % 2}\n" for row in range(40)))
        self.write("c.json", json.dumps(dict(CONFIG, data=dict(CONFIG["data"], weights="w"))))
        self.train("c.json")
        self.assertEqual({line["samples"] for line in self.table_of("out/compare.csv") if line["split"] == "test"}, {"8"})
        weighted = self.table_of("out/runs.csv")[0]["train_loss"]
        self.write("c.json", json.dumps(dict(CONFIG, data=dict(CONFIG["data"], ignore=["w"]))))
        self.train("c.json")
        self.assertNotEqual(self.table_of("out/runs.csv")[0]["train_loss"], weighted)

    def test_a_sweep_reads_its_file_once_for_all_seeds(self):
        """Each run alone reads it for itself; the bytes of its lines are the same."""
        self.write("data.csv", table())
        self.run_in("init", "data.csv", "--out", "c.json")
        options = ["--grid", "norm.type=batch", "--grid", "train.batch_size=4", "--epochs", "1"]
        self.train("c.json", *options, "--seeds", "0..2")
        together = (self.folder / "out/compare.csv").read_text().splitlines()
        alone = []
        for seed in range(3):
            self.train("c.json", *options, "--seeds", str(seed))
            alone += (self.folder / "out/compare.csv").read_text().splitlines()[1:]
        self.assertEqual(together[1:], alone)


if __name__ == "__main__":
    unittest.main()
