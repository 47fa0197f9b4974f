#!/usr/bin/env python3
"""Trains workloads with Keras on TensorFlow, with fit() as its users do: peer_keras.py fit THREADS SECONDS NAME..."""
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import tensorflow  # noqa: E402
from keras import layers, ops  # noqa: E402

from workloads import SHAPES, SWEEP, WORKLOADS, report_all, rows_of  # noqa: E402

NETWORKS = ("W1", "W2", "W3", "W4", "W5")
SAMPLE_SECONDS = 0.6  # a call of fit() takes some 30 ms before it trains


class NormalizedLstmCell(layers.Layer):
    """A step of an LSTM with layer-normalized gates and cell (Ba, Kiros and Hinton 2016, eq. 20 to 22) over normalized inputs."""

    def __init__(self, units):
        super().__init__()
        self.state_size = [units, units]
        self.recurrent = layers.Dense(4 * units, use_bias=False)
        self.recurrent_norm, self.state_norm = layers.LayerNormalization(), layers.LayerNormalization()

    def build(self, input_shape):
        units = self.state_size[0]
        self.recurrent.build((None, units))
        self.recurrent_norm.build((None, 4 * units))
        self.state_norm.build((None, units))

    def call(self, projected, states):
        h, c = states
        i, f, g, o = ops.split(projected + self.recurrent_norm(self.recurrent(h)), 4, axis=1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(self.state_norm(c))
        return h, [h, c]


def hidden(network, norm):
    normalize = layers.BatchNormalization if norm == "batch" else layers.LayerNormalization
    if network == "W1":
        return [layers.Dense(64), normalize(), layers.ReLU(), layers.Dense(10)]
    if network == "W2":
        return [layers.Dense(10, use_bias=False), layers.BatchNormalization()]
    if network == "W3":
        return [layers.Dense(1000), normalize(), layers.ReLU(), layers.Dense(1000), normalize(), layers.ReLU(), layers.Dense(10)]
    if network == "W4":
        return [layers.Conv2D(32, 3, padding="same", activation="relu"), layers.BatchNormalization(), layers.Flatten(), layers.Dense(10)]
    return [layers.Dense(256), layers.LayerNormalization(), layers.RNN(NormalizedLstmCell(64)), layers.Dense(10)]


def trainer(workload, rows, seed):
    network, norm, batch = workload
    keras.utils.set_random_seed(seed)
    features, labels = rows_of(network, rows)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if network == "W2":
        loss, labels = "mean_squared_error", 0 * features[:, :10]
    model = keras.Sequential([keras.Input(SHAPES[network]), *hidden(network, norm)])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)

    def run(steps):
        left = steps
        while left > 0:
            some = min(left, len(features) // batch)
            model.fit(features[:some * batch], labels[:some * batch], batch_size=batch, verbose=0)
            left -= some
    return run


def main():
    _, threads, seconds, *names = sys.argv[1:]
    tensorflow.config.threading.set_intra_op_parallelism_threads(int(threads))
    tensorflow.config.threading.set_inter_op_parallelism_threads(int(threads))
    names = [name for name in names if name == SWEEP or WORKLOADS[name][0] in NETWORKS]
    report_all(trainer, names, float(seconds), SAMPLE_SECONDS)


if __name__ == "__main__":
    main()
