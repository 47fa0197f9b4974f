"""Weights of PyTorch, Keras and flax: named, counted, transposed and reordered as their formulas, computed here with numpy, ask for."""

import json
import re
import subprocess
import unittest

import numpy as np

from support import SOURCE
from weights_support import ROWS, WeightsTest, batch_norm, norm_parts, numbers, sigmoid

TORCH = SOURCE / "build" / "torch" / "bin" / "python"  # scripts/setup_torch

BATCH = {"type": "batch", "convention": "torch"}
DENSE = [{"type": "dense", "units": 4}, BATCH, {"type": "relu"}, {"type": "dense", "units": 4}, {"type": "relu"}, {"type": "dense", "units": 3}]


def linear(weight, bias):
    return lambda x: x @ weight.T + bias


def torch_norm(name, parts):
    words = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{word}": part for word, part in zip(words, parts)} | {f"{name}.num_batches_tracked": np.array(7)}


def mlp(first="0", norm="1", second="3", third="5"):
    """Its square kernels fit either way round."""
    kernels = [numbers(4, 4, seed=1), numbers(4, 4, seed=2), numbers(3, 4, seed=3)]
    biases = [numbers(4, seed=4), numbers(4, seed=5), numbers(3, seed=6)]
    parts = norm_parts(4, 10)
    tensors = torch_norm(norm, parts)
    for name, kernel, bias in zip((first, second, third), kernels, biases):
        tensors |= {f"{name}.weight": kernel, f"{name}.bias": bias}

    def outputs(x):
        hidden = np.maximum(batch_norm(linear(kernels[0], biases[0])(x), parts), 0)
        return linear(kernels[2], biases[2])(np.maximum(linear(kernels[1], biases[1])(hidden), 0))

    return tensors, outputs


def attention(x, kernels, biases, heads):
    """kernels, biases: of queries, keys and values, (channels, inner), and of the output, (inner, channels)."""
    q, k, v = (np.stack(np.split(x @ kernel + bias, heads, axis=-1), axis=1) for kernel, bias in zip(kernels[:3], biases))
    scores = np.exp(q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1]))
    context = scores / scores.sum(-1, keepdims=True) @ v
    return np.concatenate(list(context.transpose(1, 0, 2, 3)), axis=-1) @ kernels[3] + biases[3]


class TorchTest(WeightsTest):
    def test_a_sequential_with_square_kernels(self):
        self.config(DENSE)
        tensors, outputs = mlp()
        self.store(tensors)
        self.check_outputs(outputs(self.x))
        self.assertEqual(self.table("layers")[0]["updates"], "7")

    def test_ten_comes_behind_two(self):
        network, count = [], 12
        tensors, expected = {}, self.x
        for i in range(count):
            network.append({"type": "dense", "units": 4})
            kernel, bias = numbers(4, 4, seed=i) / 2, numbers(4, seed=30 + i)
            tensors |= {f"layers.{i}.weight": kernel, f"layers.{i}.bias": bias}
            expected = linear(kernel, bias)(expected)
        self.config(network, out=4)
        self.store(tensors)
        self.check_outputs(expected)

    def test_modules_that_have_our_names(self):
        """By name, though their numbers run the other way."""
        network = json.loads(json.dumps(DENSE))
        for place, name in ((0, "z"), (1, "norm"), (3, "m"), (5, "a")):
            network[place]["name"] = name
        self.config(network)
        tensors, outputs = mlp("net.z", "net.norm", "net.m", "net.a")
        self.store(tensors)
        self.check_outputs(outputs(self.x))

    def test_what_stays_ambiguous_comes_with_a_map_to_paste(self):
        config = self.config(DENSE)
        tensors, outputs = mlp("stem", "norm", "body", "head")
        self.store(tensors)
        stderr = self.refused('"init_map": {', "stem.weight", "body.weight")
        pasted = json.loads(re.search(r'"init_map": (\{[^}]*\})', stderr).group(1))
        self.assertEqual(set(pasted), {"dense_0.kernel", "dense_0.bias", "dense_3.kernel", "dense_3.bias"})
        right = {"dense_0.kernel": "stem.weight", "dense_0.bias": "stem.bias", "dense_3.kernel": "body.weight", "dense_3.bias": "body.bias"}
        for init_map in (right, {"dense_0": "stem"}, {"dense_3": "body", "dense_0": "stem"}, {"dense_3.kernel": "body.weight"}):
            config["train"]["init_map"] = init_map
            self.write("c.json", json.dumps(config))
            self.check_outputs(outputs(self.x))
        for wrong, word in (({"dense_9": "stem"}, "dense_9"), ({"dense_0": "stm"}, "stm"), ({"dense_0": 3}, "init_map")):
            config["train"]["init_map"] = wrong
            self.write("c.json", json.dumps(config))
            self.assertEqual(self.run_in("validate", "c.json").returncode, 2)
            self.assertIn(word, self.run_in("validate", "c.json").stderr)

    def test_what_does_not_fit_is_listed_by_the_files_names(self):
        self.config(DENSE[:3] + [{"type": "dense", "units": 3}])
        tensors, _ = mlp()
        self.store(tensors)
        self.refused("3.weight (4, 4)", "3.bias (4)")

    def test_a_norm_that_a_swept_run_lacks(self):
        self.config([DENSE[0], {"type": "norm"}, *DENSE[2:]])
        tensors, _ = mlp()
        self.store(tensors)
        result = self.train("--set", 'norm={"type": "batch"}', "--grid", "norm.type=batch,layer,none")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1.running_mean (4)", result.stderr)

    def test_our_names_with_their_kernels(self):
        """Renamed, but not transposed: refused where the shapes tell, else as `layout` says."""
        names = {"weight": "kernel", "bias": "bias"}
        kernels = {"dense_0.weight": numbers(4, 4, seed=1), "dense_0.bias": numbers(4), "dense_1.weight": numbers(3, 4, seed=2), "dense_1.bias": numbers(3)}
        tensors = {f"{name.split('.')[0]}.{names[name.split('.')[1]]}": value for name, value in kernels.items()}
        self.store(tensors)
        network = [{"type": "dense", "units": 4}, {"type": "dense", "units": 3}]
        self.config(network)
        self.refused("dense_1.kernel", '"layout": "torch"')
        self.config(network, layout="torch")
        hidden = linear(kernels["dense_0.weight"], kernels["dense_0.bias"])(self.x)
        self.check_outputs(linear(kernels["dense_1.weight"], kernels["dense_1.bias"])(hidden))

    def test_a_convolution_and_what_a_flatten_puts_in_another_order(self):
        height, width, channels, filters = 4, 3, 2, 5
        images = numbers(ROWS, height, width, channels)
        self.data(images)
        kernel, bias = numbers(filters, channels, 3, 2, seed=1), numbers(filters, seed=2)
        places = filters * (height - 2) * (width - 1)
        first, second = norm_parts(filters, 20), norm_parts(places, 30)
        weight, offset = numbers(3, places, seed=4), numbers(3, seed=5)
        tensors = {"conv.weight": kernel, "conv.bias": bias, "fc.weight": weight, "fc.bias": offset}
        tensors |= torch_norm("bn1", first) | torch_norm("bn2", second)
        self.store(tensors)
        self.config([{"type": "conv2d", "filters": filters, "kernel_size": [3, 2]}, BATCH, {"type": "flatten"}, BATCH, {"type": "relu"},
                     {"type": "dense", "units": 3}])

        first_image = images.transpose(0, 3, 1, 2)
        found = np.zeros((ROWS, filters, height - 2, width - 1))
        for i in range(height - 2):
            for j in range(width - 1):
                window = first_image[:, :, i:i + 3, j:j + 2]
                found[:, :, i, j] = np.einsum("ncij,fcij->nf", window, kernel) + bias
        found = batch_norm(found, [part[:, None, None] for part in first])
        flat = np.maximum(batch_norm(found.reshape(ROWS, -1), second), 0)
        self.check_outputs(linear(weight, offset)(flat))

    def recurrent(self, kind, gates, cell):
        time, inputs, units = 5, 3, 4
        x = numbers(ROWS, time, inputs)
        self.data(x)
        tensors = {"rnn.weight_ih_l0": numbers(gates * units, inputs, seed=1), "rnn.weight_hh_l0": numbers(gates * units, units, seed=2),
                   "rnn.bias_ih_l0": numbers(gates * units, seed=3), "rnn.bias_hh_l0": numbers(gates * units, seed=4),
                   "head.weight": numbers(3, units, seed=5), "head.bias": numbers(3, seed=6)}
        self.store(tensors)
        self.config([{"type": kind, "units": units}, {"type": "dense", "units": 3}])
        h = c = np.zeros((ROWS, units))
        for t in range(time):
            p = linear(tensors["rnn.weight_ih_l0"], tensors["rnn.bias_ih_l0"])(x[:, t])
            q = linear(tensors["rnn.weight_hh_l0"], tensors["rnn.bias_hh_l0"])(h)
            h, c = cell(np.split(p, gates, axis=1), np.split(q, gates, axis=1), h, c)
        self.check_outputs(linear(tensors["head.weight"], tensors["head.bias"])(h))

    def test_lstm(self):
        def cell(p, q, _, c):
            i, f, g, o = (a + b for a, b in zip(p, q))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            return sigmoid(o) * np.tanh(c), c
        self.recurrent("lstm", 4, cell)

    def test_gru(self):
        def cell(p, q, h, c):
            r, z = sigmoid(p[0] + q[0]), sigmoid(p[1] + q[1])
            return (1 - z) * np.tanh(p[2] + r * q[2]) + z * h, c
        self.recurrent("gru", 3, cell)

    def test_rnn(self):
        self.recurrent("simple_rnn", 1, lambda p, q, h, c: (np.tanh(p[0] + q[0]), c))

    def test_both_directions_of_an_rnn(self):
        time, inputs, units = 5, 3, 4
        x = numbers(ROWS, time, inputs)
        self.data(x)
        tensors, ends = {}, []
        for place, way in enumerate(("", "_reverse")):
            kernel, recurrent = numbers(units, inputs, seed=place), numbers(units, units, seed=5 + place)
            biases = [numbers(units, seed=10 + place), numbers(units, seed=20 + place)]
            tensors |= {f"rnn.weight_ih_l0{way}": kernel, f"rnn.weight_hh_l0{way}": recurrent, f"rnn.bias_ih_l0{way}": biases[0], f"rnn.bias_hh_l0{way}": biases[1]}
            h = np.zeros((ROWS, units))
            for t in range(time)[::-1 if way else 1]:
                h = np.tanh(x[:, t] @ kernel.T + h @ recurrent.T + sum(biases))
            ends.append(h)
        self.store(tensors)
        self.config([{"type": "bidirectional", "layer": {"type": "simple_rnn", "units": units}}], out=2 * units)
        self.check_outputs(np.concatenate(ends, axis=1))

    def test_attention_and_embedding(self):
        time, channels, tokens = 5, 4, 7
        x = np.random.default_rng(3).integers(0, tokens, (ROWS, time))
        self.data(x)
        packed, offset = numbers(3 * channels, channels, seed=1), numbers(3 * channels, seed=2)
        out, out_offset = numbers(channels, channels, seed=3), numbers(channels, seed=4)
        rows, head = numbers(tokens, channels, seed=5), numbers(3, channels, seed=6)
        self.store({"embedding.weight": rows, "attn.in_proj_weight": packed, "attn.in_proj_bias": offset, "attn.out_proj.weight": out,
                    "attn.out_proj.bias": out_offset, "head.weight": head})
        self.config([{"type": "embedding", "input_dim": tokens, "output_dim": channels}, {"type": "multi_head_attention", "num_heads": 2},
                     {"type": "global_average_pooling1d"}, {"type": "dense", "units": 3, "use_bias": False}])
        y = attention(rows[x], [*(part.T for part in np.split(packed, 3)), out.T], [*np.split(offset, 3), out_offset], 2)
        self.check_outputs(y.mean(1) @ head.T)

    def test_not_strict(self):
        self.config(DENSE, strict=False)
        tensors, outputs = mlp()
        self.store({**tensors, "loss.scale": numbers(9)})
        stderr = self.check_outputs(outputs(self.x))
        self.assertIn("dense_0.kernel from 0.weight, transposed", stderr)
        self.assertIn("loss.scale (9)", stderr)

    def test_nan_is_refused(self):
        self.config(DENSE)
        tensors, _ = mlp()
        tensors["1.running_var"][2] = np.nan
        self.store(tensors)
        self.refused("1.running_var", "1 of 4")

    def test_compare_takes_the_network_from_a_config(self):
        self.config(DENSE)
        tensors, outputs = mlp()
        self.store(tensors)
        result = self.run_in("compare", "--checkpoint", "w.safetensors", "--network", "c.json", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        (line,) = json.loads(result.stdout)
        self.assertAlmostEqual(line["loss_b"], np.mean(outputs(self.x) ** 2), places=9)
        self.assertEqual((line["run_id"], line["norm"], line["mode_b"]), (f"batch-b{ROWS}-s0", "batch", "eval"))
        result = self.run_in("compare", "--checkpoint", "w.safetensors", "--data", "c.json")
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("--network", result.stderr)

    @unittest.skipUnless(TORCH.exists(), "scripts/setup_torch has not installed PyTorch into build/torch")
    def test_pytorch_itself_by_the_documented_snippet(self):
        page = (SOURCE / "docs/weights.md").read_text(encoding="utf-8")
        snippet = re.search(r"PyTorch:\n\n```python\n(.*?)```", page, re.DOTALL).group(1)
        network = json.loads(json.dumps(DENSE))
        network[0]["units"] = network[3]["units"] = 5
        self.config(network)
        self.write("model.py", f"""
import numpy, torch
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.BatchNorm1d(5), torch.nn.ReLU(), torch.nn.Linear(5, 5), torch.nn.ReLU(),
                            torch.nn.Linear(5, 3)).double()
for _ in range(3):
    model(torch.randn(16, 4, dtype=torch.float64))
model.eval()
{snippet}
with torch.no_grad():
    numpy.save("expected.npy", model(torch.from_numpy(numpy.load("x.npy"))).numpy())
""")
        subprocess.run([TORCH, "model.py"], cwd=self.folder, check=True)
        (self.folder / "model.safetensors").rename(self.folder / "w.safetensors")
        self.check_outputs(np.load(self.folder / "expected.npy"))
        self.assertEqual(self.table("layers")[0]["updates"], "3")


class KerasTest(WeightsTest):
    def test_keras(self):
        """Its second dense is called as our first one may be; its kernels are as ours."""
        gamma, beta, mean, variance = norm_parts(4, 10)
        kernels = [numbers(4, 4, seed=1), numbers(4, 4, seed=2), numbers(4, 3, seed=3)]
        tensors = {"sequential/batch_normalization/gamma": gamma, "sequential/batch_normalization/beta": beta,
                   "sequential/batch_normalization/moving_mean": mean, "sequential/batch_normalization/moving_variance": variance}
        for name, kernel in zip(("dense", "dense_1", "dense_2"), kernels):
            tensors |= {f"sequential/{name}/kernel": kernel, f"sequential/{name}/bias": kernel[0] * 2}
        self.store(tensors)
        norm = {"type": "batch"}
        self.config([{"type": "flatten"}, DENSE[0], norm, {"type": "relu"}, DENSE[3], {"type": "dense", "units": 3}])
        hidden = np.maximum(batch_norm(self.x @ kernels[0] + kernels[0][0] * 2, [gamma, beta, mean, variance], 1e-3), 0)
        for kernel in kernels[1:]:
            hidden = hidden @ kernel + kernel[0] * 2
        self.check_outputs(hidden)
        self.assertEqual(self.table("layers")[0]["updates"], "")

    def test_a_recurrent_cell(self):
        time, inputs, units = 5, 3, 4
        x = numbers(ROWS, time, inputs)
        self.data(x)
        kernel, recurrent, bias = numbers(inputs, units, seed=1), numbers(units, units, seed=2), numbers(units, seed=3)
        self.store({"m/simple_rnn/simple_rnn_cell/kernel": kernel, "m/simple_rnn/simple_rnn_cell/recurrent_kernel": recurrent,
                    "m/simple_rnn/simple_rnn_cell/bias": bias})
        self.config([{"type": "simple_rnn", "units": units}], out=units)
        h = np.zeros((ROWS, units))
        for t in range(time):
            h = np.tanh(x[:, t] @ kernel + h @ recurrent + bias)
        self.check_outputs(h)


    def test_attention_and_both_directions(self):
        time, channels, heads, size = 5, 4, 2, 3
        x = numbers(ROWS, time, channels)
        self.data(x)
        kernels = [numbers(channels, heads, size, seed=i) for i in range(3)] + [numbers(heads, size, channels, seed=3)]
        biases = [numbers(heads, size, seed=4 + i) for i in range(3)] + [numbers(channels, seed=7)]
        tensors = {}
        for name, kernel, bias in zip(("query", "key", "value", "attention_output"), kernels, biases):
            tensors |= {f"m/multi_head_attention/{name}/kernel": kernel, f"m/multi_head_attention/{name}/bias": bias}
        flat = [kernel.reshape(channels, -1) for kernel in kernels[:3]] + [kernels[3].reshape(-1, channels)]
        y = attention(x, flat, [bias.ravel() for bias in biases], heads)
        ends = []
        for place, way in enumerate(("forward", "backward")):
            kernel, recurrent, bias = numbers(channels, 3, seed=10 + place), numbers(3, 3, seed=20 + place), numbers(3, seed=30 + place)
            cell = f"m/bidirectional/{way}_simple_rnn/simple_rnn_cell"
            tensors |= {f"{cell}/kernel": kernel, f"{cell}/recurrent_kernel": recurrent, f"{cell}/bias": bias}
            h = np.zeros((ROWS, 3))
            for t in range(time)[::-1 if place else 1]:
                h = np.tanh(y[:, t] @ kernel + h @ recurrent + bias)
            ends.append(h)
        self.store(tensors)
        self.config([{"type": "multi_head_attention", "num_heads": heads, "key_dim": size},
                     {"type": "bidirectional", "layer": {"type": "simple_rnn", "units": 3}, "merge_mode": "sum"}])
        self.check_outputs(sum(ends))


class FlaxTest(WeightsTest):
    def test_flax(self):
        gamma, beta, mean, variance = norm_parts(4, 10)
        kernels = [numbers(4, 4, seed=1), numbers(4, 4, seed=2), numbers(4, 3, seed=3)]
        tensors = {"params.BatchNorm_0.scale": gamma, "params.BatchNorm_0.bias": beta, "batch_stats.BatchNorm_0.mean": mean,
                   "batch_stats.BatchNorm_0.var": variance}
        for i, kernel in enumerate(kernels):
            tensors |= {f"params.Dense_{i}.kernel": kernel, f"params.Dense_{i}.bias": kernel[0] * 2}
        self.store(tensors)
        self.config([DENSE[0], {"type": "batch", "convention": "flax"}, {"type": "relu"}, DENSE[3], {"type": "dense", "units": 3}])
        hidden = np.maximum(batch_norm(self.x @ kernels[0] + kernels[0][0] * 2, [gamma, beta, mean, variance]), 0)
        for kernel in kernels[1:]:
            hidden = hidden @ kernel + kernel[0] * 2
        self.check_outputs(hidden)


if __name__ == "__main__":
    unittest.main()
