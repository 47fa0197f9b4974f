#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"
#include "models/onnx_model.hpp"
#include "support/onnx_writer.hpp"

namespace normrun::test {

using Numbers = std::vector<double>;
using Floats = std::vector<float>;

inline models::ForeignModel read(const OnnxWriter& writer) { return models::model_of(files::parse_onnx(writer.bytes(), "model.onnx")); }

/// Numbers between -1 and 1 that are exact in single precision.
inline Floats random_floats(std::size_t count, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::kData);
  Floats values(count);
  for (float& value : values) value = static_cast<float>(2.0 * stream.uniform() - 1.0);
  return values;
}

/// What the network of a model gives for examples in the file's order of axes, by the statistics that `mode` says.
inline Numbers outputs_of(const models::ForeignModel& model, const Floats& x, const Mode& mode = kEvalMode) {
  const nn::Network<double> network(models::layers_of(model), model.input);
  const nn::Model<double> numbers = models::numbers_of(model, network);
  const auto examples = static_cast<Index>(x.size()) / network.input().size();
  Matrix<double> in(examples, network.input().size());
  std::copy(x.begin(), x.end(), in.view().begin());
  const Matrix<double> input = models::network_input(model, ConstView<double>(in.view()));
  nn::Record<double> record(network, examples);
  nn::Network<double>::Pass pass;
  pass.mode = mode;
  const ConstView<double> y = network.forward(pass, numbers.params, numbers.state, nullptr, record, input.view());
  return {y.begin(), y.end()};
}

inline void check_close(const Numbers& actual, const Numbers& expected, double tolerance = 1e-12) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) CHECK(actual[i] == doctest::Approx(expected[i]).epsilon(tolerance).scale(1.0));
}

/// A batch norm that changes nothing in eval mode, so that models of one operation have a normalization.
inline void plain_norm(OnnxWriter& writer, const std::string& from, const std::string& to, std::size_t channels) {
  const auto count = static_cast<Index>(channels);
  writer.initializer(OnnxWriter::floats(to + ".weight", {count}, Floats(channels, 1.0F)));
  writer.initializer(OnnxWriter::floats(to + ".bias", {count}, Floats(channels, 0.0F)));
  writer.initializer(OnnxWriter::floats(to + ".running_mean", {count}, Floats(channels, 0.0F)));
  writer.initializer(OnnxWriter::floats(to + ".running_var", {count}, Floats(channels, 1.0F)));
  writer.node("BatchNormalization", {from, to + ".weight", to + ".bias", to + ".running_mean", to + ".running_var"}, {to},
              {OnnxWriter::number("epsilon", 0.0F), OnnxWriter::number("momentum", 0.9F)});
}

/// The exit code and the text of what reading gives; code kDone where it is read.
struct Outcome {
  ExitCode code = ExitCode::kDone;
  std::string text;
};
template <class Read>
Outcome outcome_of(const Read& read_it) {
  try {
    read_it();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace normrun::test
