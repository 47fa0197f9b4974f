#pragma once

#include <cmath>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "compare/probes/probes.hpp"
#include "study/experiment.hpp"
#include "study/temporary_config.hpp"
#include "train/trainer.hpp"

namespace normrun {

/// 48 rows of 5 features in 3 classes through dense_0 (4 units, tanh or not), a normalization and dense_2.
template <class T>
struct Trained {
  explicit Trained(const std::string& norm, const std::string& activation = "linear", Index steps = 20)
      : config(read(norm, activation)),
        settings(config.comparison_settings()),
        data(config.data_spec().load<T>(3, "")),
        network(config.layers(), data.shape),
        trainer({&network, &data, &config.train, &config.data_spec().batching, nn::LossKind::kSoftmaxCrossEntropy, 3, ""}) {
    while (trainer.step() < steps) trainer.advance();
  }
  compare::Snapshot<T> snapshot() const {
    return {network, trainer.model(), data, settings, nn::LossKind::kSoftmaxCrossEntropy, 0, trainer.step()};
  }
  double probe(const std::string& name) const {
    if constexpr (std::is_same_v<T, float>) return compare::find_probe(name)->in_float32(snapshot());
    if constexpr (std::is_same_v<T, double>) return compare::find_probe(name)->in_float64(snapshot());
  }

  static study::RunConfig read(const std::string& norm, const std::string& activation) {
    const TemporaryFolder folder;
    const std::string text = R"({"data": {"type": "gaussian", "samples": 48, "features": 5, "target": "clusters", "classes": 3,
        "test_samples": 9}, "network": [{"type": "dense", "units": 4, "activation": ")" +
                             activation + R"("}, {"type": "norm"},
        {"type": "dense", "units": 3}], "norm": )" +
                             norm + R"(, "train": {"batch_size": 8, "steps": 20,
        "optimizer": {"type": "adam", "learning_rate": 0.01}}, "seed": 3})";
    return study::load_experiment(folder.write("c.json", text), {}, study::Check::kConfigOnly).at(0);
  }

  study::RunConfig config;
  compare::ComparisonSettings settings;
  data::Dataset<T> data;
  nn::Network<T> network;
  train::Trainer<T> trainer;
};

/// An independent computation: the same little network in plain loops over vectors of double.
using Row = std::vector<double>;
using Rows = std::vector<Row>;

struct Plain {
  explicit Plain(const Trained<double>& trained) : params(trained.trainer.model().params) {
    for (const nn::ParamEntry& entry : trained.network.layout().params) at[entry.layer + "." + entry.name] = entry.id.offset;
    RandomStream stream(3, Purpose::kEvaluationOrder, static_cast<std::uint64_t>(data::SplitName::kTrain));
    std::vector<Index> order(static_cast<std::size_t>(trained.data.train.samples()));
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
    stream.shuffle(order);
    for (std::size_t i = 0; i < 32; ++i) {
      const double* row = trained.data.train.features.view().row(order[i]);
      x.emplace_back(row, row + 5);
      labels.push_back(trained.data.train.labels[static_cast<std::size_t>(order[i])]);
    }
  }
  double param(const std::string& name, std::size_t i) const { return params[static_cast<std::size_t>(at.at(name)) + i]; }

  Rows dense(const Rows& in, const std::string& layer, std::size_t units, double factor = 1.0) const {
    Rows out;
    for (const Row& row : in) {
      out.emplace_back();
      for (std::size_t j = 0; j < units; ++j) {
        double z = param(layer + ".bias", j);
        for (std::size_t i = 0; i < row.size(); ++i) z += row[i] * param(layer + ".kernel", i * units + j);
        out.back().push_back(factor * z);
      }
    }
    return out;
  }
  Rows batch_norm(const Rows& in) const {
    Rows out = in;
    for (std::size_t c = 0; c < 4; ++c) {
      double mean = 0.0;
      double variance = 0.0;
      for (const Row& row : in) mean += row[c] / static_cast<double>(in.size());
      for (const Row& row : in) variance += (row[c] - mean) * (row[c] - mean) / static_cast<double>(in.size());
      for (Row& row : out) row[c] = param("batch_1.gamma", c) * (row[c] - mean) / std::sqrt(variance + 1e-3) + param("batch_1.beta", c);
    }
    return out;
  }
  Rows outputs(const Rows& in, double factor = 1.0) const { return dense(batch_norm(dense(in, "dense_0", 4, factor)), "dense_2", 3); }
  /// Mean softmax cross-entropy of rows first, first + 1, … in one batch.
  double loss(std::size_t first, std::size_t count) const {
    const Rows z = outputs(Rows(x.begin() + static_cast<std::ptrdiff_t>(first), x.begin() + static_cast<std::ptrdiff_t>(first + count)));
    double sum = 0.0;
    for (std::size_t r = 0; r < count; ++r) {
      double total = 0.0;
      for (const double value : z[r]) total += std::exp(value);
      sum += std::log(total) - z[r][static_cast<std::size_t>(labels[first + r])];
    }
    return sum / static_cast<double>(count);
  }
  /// Central differences of the mean loss over consecutive batches of `count` of the 32 rows.
  Row gradient(std::size_t count) {
    constexpr double kStep = 1e-5;
    const auto mean_loss = [&] {
      double sum = 0.0;
      for (std::size_t first = 0; first < 32; first += count) sum += loss(first, count) * static_cast<double>(count) / 32.0;
      return sum;
    };
    Row gradient;
    for (double& param : params) {
      const double kept = param;
      param = kept + kStep;
      const double above = mean_loss();
      param = kept - kStep;
      gradient.push_back((above - mean_loss()) / (2.0 * kStep));
      param = kept;
    }
    return gradient;
  }

  Buffer<double> params;
  std::map<std::string, Index> at;
  Rows x;
  std::vector<std::int32_t> labels;
};

}  // namespace normrun
