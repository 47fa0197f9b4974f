"""Broken data files: exit code 65 (2 where the file is missing), the place in the file, nothing written."""

import gzip
import json
import struct
import unittest

from support import SMALL, CommandLineTest


def idx(dims, payload, kind=8):
    return struct.pack(">HBB", 0, kind, len(dims)) + b"".join(struct.pack(">I", dim) for dim in dims) + payload


def npy(header, payload):
    text = header.encode()
    text += b" " * ((64 - (10 + len(text) + 1) % 64) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + payload


IMAGES = idx([4, 2, 3], bytes(range(24)))
LABELS = idx([4], bytes([0, 1, 2, 1]))
GOOD_CSV = "a,b,label\n1,2,0\n3,4,1\n5,6,2\n7,8,1\n9,1,0\n2,2,2\n"

# name: (images, labels, words)
IDX_CASES = {
    "empty": (b"", LABELS, []),
    "wrong magic": (b"\x00\x00\x99\x03" + IMAGES[4:], LABELS, ["byte"]),
    "claims more than it holds": (idx([4_000_000_000 % 2**32, 2, 3], bytes(24)), LABELS, []),
    "truncated": (IMAGES[:-1], LABELS, []),
    "sizes that overflow": (idx([2**32 - 1, 2**32 - 1, 2**32 - 1], b""), LABELS, []),
    "more images than labels": (IMAGES, idx([3], bytes([0, 1, 2])), ["4", "3"]),
    "torn gzip": (gzip.compress(IMAGES)[:-6], LABELS, []),
    "labels with two axes": (IMAGES, idx([2, 2], bytes(4)), []),
}
# name: (text, words)
CSV_CASES = {
    "missing cell": (GOOD_CSV.replace("3,4,1", "3,,1"), ["data.csv:3", '"b"']),
    "nan cell": (GOOD_CSV.replace("5,6,2", "nan,6,2"), ["data.csv:4", '"a"']),
    "word for a number": (GOOD_CSV.replace("7,8,1", "seven,8,1"), ["data.csv:5", "seven"]),
    "ragged row": (GOOD_CSV.replace("7,8,1", "7,8"), ["data.csv:5"]),
    "infinite": (GOOD_CSV.replace("9,1,0", "1e999,1,0"), ["data.csv:6"]),
    "open quote": (GOOD_CSV + '"1,2,0\n', ["data.csv"]),
    "header only": ("a,b,label\n", ["data.csv"]),
    "empty": ("", ["data.csv"]),
}
GOOD_SEQUENCES = "id,t,a,label\nx,0,1,0\nx,1,2,0\ny,0,3,1\ny,1,4,1\nz,0,5,2\nz,1,6,2\n"
SEQUENCE_CASES = {
    "a label that changes": (GOOD_SEQUENCES.replace("x,1,2,0", "x,1,2,1"), ["data.csv:3", '"x"', "label", "line 2"]),
    "a time twice": (GOOD_SEQUENCES.replace("y,1,4,1", "y,0,4,1"), ["data.csv:5", '"y"', "time", "line 4"]),
    "no time": (GOOD_SEQUENCES.replace("z,1,6,2", "z,,6,2"), ["data.csv:7", '"t"', "empty"]),
    "no sequence": (GOOD_SEQUENCES.replace("z,1,6,2", ",1,6,2"), ["data.csv:7", '"id"', "empty"]),
    "no inputs": ("id,t,label\nx,0,0\n", ["data.csv:1", "inputs"]),
}
NPY_CASES = {
    "not npy": (b"PK\x03\x04 something else", []),
    "claims more than it holds": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 2), }", bytes(64)), []),

    "not a number": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }", struct.pack("<8d", *range(7), float("nan"))),
                     ["row 4 column 2"]),
    "too long": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }", bytes(72)), []),
    "objects": (npy("{'descr': '|O', 'fortran_order': False, 'shape': (4, 2), }", bytes(64)), []),
}


class BrokenDataTest(CommandLineTest):
    def config(self, data):
        config = dict(SMALL, data=data, grid={})
        self.write("c.json", json.dumps(config))

    def refuse(self, code, *words):
        self.assert_refused(self.run_in("train", "--config", "c.json"), code, *words)

    def test_idx(self):
        self.config({"type": "idx", "train": {"images": "images", "labels": "labels"}})
        for name, (images, labels, words) in IDX_CASES.items():
            with self.subTest(name):
                self.write("images", images)
                self.write("labels", labels)
                self.refuse(65, *words)

    def test_csv(self):
        self.config({"type": "csv", "path": "data.csv"})
        for name, (text, words) in CSV_CASES.items():
            with self.subTest(name):
                self.write("data.csv", text)
                self.refuse(65, *words)

    def test_labels_that_are_decimal_numbers(self):
        self.config({"type": "csv", "path": "data.csv"})
        hint = '"target": "number"'
        self.write("data.csv", GOOD_CSV.replace(",2\n", ",2.5\n") + "4,4,0.7\n")
        self.refuse(2, "4 classes", hint, "units")
        self.write("data.csv", GOOD_CSV.replace(",2\n", ",2.0\n") + "4,4,3.0\n")  # whole numbers all the same
        self.refuse(2, "4 classes", "units")
        self.assertNotIn(hint, self.run_in("train", "--config", "c.json").stderr)
        self.write("data.csv", GOOD_CSV.replace(",2\n", ",2.5\n") + "4,4,red\n")
        self.refuse(2, "4 classes", "units")
        self.assertNotIn(hint, self.run_in("train", "--config", "c.json").stderr)

    def test_csv_sequences(self):
        self.config({"type": "csv", "path": "data.csv", "sequence": "id", "time": "t"})
        for name, (text, words) in SEQUENCE_CASES.items():
            with self.subTest(name):
                self.write("data.csv", text)
                self.refuse(65, *words)
        self.write("data.csv", GOOD_SEQUENCES)
        self.config({"type": "csv", "path": "data.csv", "sequence": "ID"})
        self.refuse(2, "data.csv", '"ID"', 'did you mean "id"')

    def test_npy(self):
        self.config({"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}})
        self.write("y.npy", npy("{'descr': '<i8', 'fortran_order': False, 'shape': (4,), }", struct.pack("<4q", 0, 1, 2, 1)))
        for name, (content, words) in NPY_CASES.items():
            with self.subTest(name):
                self.write("x.npy", content)
                self.refuse(65, "x.npy", *words)

    def test_missing_files_are_a_config_error(self):
        self.config({"type": "csv", "path": "nowhere.csv"})
        self.refuse(2, "nowhere.csv")
        self.config({"type": "idx", "train": {"images": "nowhere", "labels": "nowhere2"}})
        self.refuse(2, "nowhere")

    def test_files_that_a_training_starts_from(self):
        self.write("data.csv", GOOD_CSV)
        self.write("broken", "no tensors")
        for key in ("init_from", "batch_order"):
            self.write("c.json", json.dumps(dict(SMALL, data={"type": "csv", "path": "data.csv"}, grid={}, train={"batch_size": 2, key: "nowhere"})))
            self.refuse(2, "nowhere")
            self.write("c.json", json.dumps(dict(SMALL, data={"type": "csv", "path": "data.csv"}, grid={}, train={"batch_size": 2, key: "broken"})))
            self.refuse(65, "broken")

    def test_good_sequences_train(self):
        self.write("data.csv", GOOD_SEQUENCES)
        data = {"type": "csv", "path": "data.csv", "sequence": "id", "time": "t", "test_fraction": 0.34}
        network = [{"type": "lstm", "units": 3}, {"type": "norm"}, {"type": "dense", "units": 3}]
        self.write("c.json", json.dumps(dict(SMALL, data=data, network=network, grid={})))
        result = self.run_in("train", "--config", "c.json", "--set", "train.batch_size=2")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_good_files_train(self):
        self.write("data.csv", GOOD_CSV)
        self.config({"type": "csv", "path": "data.csv", "test_fraction": 0.5})
        result = self.run_in("train", "--config", "c.json", "--set", "train.batch_size=2")
        self.assertEqual(result.returncode, 0, result.stderr)


if __name__ == "__main__":
    unittest.main()
