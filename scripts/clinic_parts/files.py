"""Data from files, which the clinic writes: training, test and fresh rows of one distribution."""

import numpy as np


class Optdigits:
    """Both of the source's tables in one, split anew, so that all rows are of the same writers."""

    FRESH, TEST = 2000, 1000

    def __init__(self, rng, source, folder):
        lines = []
        for name in ("optdigits_train.csv", "optdigits_test.csv"):
            lines += [line for line in (source / name).read_text().split() if line]
        self.lines = [lines[i] for i in rng.permutation(len(lines))]
        self.folder = folder

    def write(self, name, lines):
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n")
        return str(path)


def optdigits(rng, rows, test_rows, folder, source):
    """The config's "data", and its "test" with the fresh rows."""
    table = Optdigits(rng, source, folder)
    fresh, test, train = np.cumsum([table.FRESH, table.TEST, rows])
    data = {"type": "csv", "header": "false", "scale": 0.0625, "train": table.write("train.csv", table.lines[test:train]),
            "test": table.write("test.csv", table.lines[fresh:fresh + test_rows])}
    return data, table.write("fresh.csv", table.lines[:fresh])


def sort_by_class(path):
    """Sorts the lines of a table by their label, the last column."""
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().split("\n") if line]
    lines.sort(key=lambda line: int(line.rsplit(",", 1)[1]))
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


FRESH_PHOTOS = 20000


def photos(rng, rows, test_rows, folder, source):
    """Patterns under light and contrast of each picture's own: positions of a picture have much in common.  A pattern a class."""
    side, classes = int(rng.integers(6, 10)), int(rng.integers(2, 6))
    light, noise = float(rng.uniform(0.5, 3)), float(rng.uniform(0.4, 1))
    patterns = rng.normal(size=(classes, side, side))

    def write(name, count):
        labels = rng.integers(classes, size=count)
        contrast = np.exp(rng.normal(0, 0.3, size=(count, 1, 1)))
        pictures = contrast * (patterns[labels] + noise * rng.normal(size=(count, side, side))) + light * rng.normal(size=(count, 1, 1))
        paths = {"features": str(folder / f"{name}-x.npy"), "labels": str(folder / f"{name}-y.npy")}
        np.save(paths["features"], pictures[..., None].astype(np.float32))
        np.save(paths["labels"], labels.astype(np.int64))
        return paths

    data = {"type": "npy", "classes": classes, "train": write("train", rows), "test": write("test", test_rows)}
    return data, write("fresh", FRESH_PHOTOS)


SOURCES = {"optdigits": optdigits, "photos": photos}
