// clinic_outputs: what stored networks answer in several modes, for scripts/clinic, which scores the answers itself.
//
// usage: clinic_outputs JUDGED SEED SPLIT FIRST MODE[,MODE…] CHECKPOINT OUT [CHECKPOINT OUT]…
//
//   JUDGED      the config's "data" that the judged rows come from (JSON)
//   SEED        its seed
//   SPLIT       whose rows are judged, from row FIRST on
//   MODE        eval; train:N, in random batches of N rows; own:N, in batches as the network's config draws them; population, pooled,
//               batch-average, bias-corrected: eval mode with statistics that this estimator takes from the training rows of the
//               network's own config; judged: the same from that config's test rows; unpadded: without padded steps;
//               mixed:N, population's statistics mixed as 16 rows with those of each batch of N; weighed:N, as N - 1 rows with each row
//   CHECKPOINT  a file that `normrun train` wrote, in float32
//   OUT         native-endian: int64 modes, rows, outputs, classes (0: regression); float32 targets (rows labels, or rows x outputs);
//               float32 logits (modes x rows x outputs), NaN where a row found no full batch
//
// Rows stand in one shuffled order, so that batches of train mode are random ones.  Paths in "data" are absolute.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/denormals.hpp"
#include "core/random.hpp"
#include "data/batches.hpp"
#include "files/safetensors.hpp"
#include "nn/checkpoint.hpp"
#include "statistics/layer_input.hpp"
#include "statistics/moving_statistics.hpp"
#include "statistics/population.hpp"
#include "statistics/run_forward.hpp"
#include "study/experiment.hpp"

namespace normrun {
namespace {

Index read_index(const std::string& text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  throw Error(ExitCode::kUsage, {"clinic_outputs", "expected a number, got \"" + text + "\"", ""});
}

/// What is compared is of no interest here.
study::RunConfig read_config(config::Document document) {
  document.erase("compare");
  study::RunConfig config;
  std::vector<Problem> problems;
  document.read("", config, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return config;
}

struct Judged {
  data::Dataset<float> data;
  data::SplitName split = data::SplitName::kTest;
  std::vector<Index> order;
};

Judged judged_rows(const std::string& data_text, Index seed, const std::string& split, Index first) {
  config::Document document = config::Document::parse(R"({"network": [{"type": "flatten"}]})", "JUDGED");
  document.set("data", data_text, "JUDGED");
  const study::RunConfig config = read_config(document);
  Judged judged{config.data_spec().load<float>(static_cast<std::uint64_t>(seed), ""), data::split_of(split), {}};
  judged.order.resize(static_cast<std::size_t>(judged.data.split(judged.split).samples() - first));
  std::iota(judged.order.begin(), judged.order.end(), first);
  RandomStream(static_cast<std::uint64_t>(seed), Purpose::kEvaluationOrder, 0).shuffle(judged.order);
  return judged;
}

/// A stored network, and the rows of its own config.
struct Stored {
  explicit Stored(const std::string& path)
      : file(files::read_safetensors(path)),
        config(read_config(config::Document::parse(file.metadata.at("config"), path))),
        data(config.data_spec().load<float>(static_cast<std::uint64_t>(config.seed), "")),
        network(config.layers(), data.shape),
        model(nn::fresh_model(network, static_cast<std::uint64_t>(config.seed))),
        loss(train::resolve_loss(config.train.loss, data.classes, network.output().size())) {
    nn::from_tensors(network.layout(), file, path, model);
  }

  /// Statistics in place of the stored ones, by the word of the mode.
  std::vector<statistics::LayerStatistics> recomputed(const std::string& mode) const {
    statistics::PopulationOptions options = config.population;
    options.split = mode == "judged" ? "test" : "train";
    if (mode == "unpadded") options.padded_steps = nn::PaddedSteps::kLeftOut;
    options.estimator = mode == "pooled"           ? statistics::Estimator::kPooled
                        : mode == "batch-average"  ? statistics::Estimator::kBatchAverage
                        : mode == "bias-corrected" ? statistics::Estimator::kBiasCorrected
                                                   : statistics::Estimator::kLayerByLayer;
    options.batch_size = mode == "batch-average" ? config::Count{.word = "train"} : config::Count{.word = "all"};
    return statistics::population_statistics(network, model, data.split(data::split_of(options.split)), options, config.train.batch_size);
  }

  /// The state that a mode runs with.
  Buffer<float> state(const std::string& mode) const {
    if (mode == "eval" || mode.starts_with("train:") || mode.starts_with("own:")) return model.state;
    return statistics::state_with<float>(network.layout(), model.state, recomputed(mode));
  }

  files::TensorFile file;
  study::RunConfig config;
  data::Dataset<float> data;
  nn::Network<float> network;
  nn::Model<float> model;
  nn::LossKind loss;
};

Matrix<float> forward(const Stored& stored, const Judged& judged, const Mode& mode, std::span<const float> state,
                      std::span<const Index> rows, Index batch_size) {
  return statistics::run_forward<float>(stored.network, stored.model.params, state, mode, judged.data.split(judged.split), rows, batch_size,
                                        stored.network.logits_boundary(stored.loss));
}

/// Train mode in the batches that the network's own config draws from the judged split; a row that is drawn twice keeps its last answer.
Matrix<float> answers_in_own_batches(const Stored& stored, const Judged& judged, Index batch_size) {
  const data::Split<float>& split = judged.data.split(judged.split);
  data::Batches batches(stored.config.data_spec().batching, split.samples(), split.labels, judged.data.classes, batch_size,
                        static_cast<std::uint64_t>(stored.config.seed));
  std::vector<Index> place(static_cast<std::size_t>(split.samples()), -1);
  for (std::size_t i = 0; i < judged.order.size(); ++i) place[static_cast<std::size_t>(judged.order[i])] = static_cast<Index>(i);
  const Index outputs = statistics::boundary_size(stored.network, stored.network.logits_boundary(stored.loss));
  Matrix<float> result(static_cast<Index>(judged.order.size()), outputs);
  std::fill_n(result.view().row(0), result.rows() * outputs, std::numeric_limits<float>::quiet_NaN());
  batches.start_epoch(0);
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    const std::span<const Index> rows = batches.step(step);
    const Matrix<float> logits = forward(stored, judged, kTrainFrozen, stored.model.state, rows, static_cast<Index>(rows.size()));
    for (Index r = 0; r < logits.rows(); ++r) {
      const Index to = place[static_cast<std::size_t>(rows[static_cast<std::size_t>(r)])];
      if (to >= 0) std::copy_n(logits.view().row(r), outputs, result.view().row(to));
    }
  }
  return result;
}

/// How each batch shares in the statistics that normalize it.
struct Mixing {
  Index batch_size = 1;
  double pseudo_rows = 16.0;    // that the others count as
  double of_differences = 0.0;  // 1: the variance holds what the means differ by, as that of all rows together does
};

statistics::LayerStatistics mixed(statistics::LayerStatistics layer, const statistics::ChannelMoments& batch, double rows,
                                  const Mixing& mixing) {
  const double share = rows / (rows + mixing.pseudo_rows);
  const std::vector<double> variance = batch.variance();
  const std::size_t channels = variance.size() / static_cast<std::size_t>(batch.groups());
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (batch.rows(static_cast<Index>(c / channels)) == 0) continue;  // a time step that no row of the batch reaches
    const double difference = batch.mean()[c] - layer.mean[c];
    layer.mean[c] += share * difference;
    layer.variance[c] = (1.0 - share) * layer.variance[c] + share * variance[c];
    layer.variance[c] += mixing.of_differences * share * (1.0 - share) * difference * difference;
  }
  return layer;
}

/// Eval mode whose statistics are mixed with each batch's, layer by layer; at most 4000 rows, for the time that it takes.
Matrix<float> answers_by_mixing(const Stored& stored, const Judged& judged, const Mixing& mixing) {
  const Index boundary = stored.network.logits_boundary(stored.loss);
  const Index rows = std::min<Index>(static_cast<Index>(judged.order.size()), 4000) / mixing.batch_size * mixing.batch_size;
  Matrix<float> result(rows, statistics::boundary_size(stored.network, boundary));
  statistics::SliceForward<float> pass(stored.network, judged.data.split(judged.split), mixing.batch_size);
  const std::vector<statistics::LayerStatistics> population = stored.recomputed("population");
  const Buffer<float> start = statistics::state_with<float>(stored.network.layout(), stored.model.state, population);
  for (Index first = 0; first < rows; first += mixing.batch_size) {
    const auto batch = std::span(judged.order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(mixing.batch_size));
    Buffer<float> state = start;
    for (const statistics::LayerStatistics& layer : population) {
      const nn::Normalization& norm = stored.network.layout().normalizations[static_cast<std::size_t>(layer.normalization)];
      pass.run(batch, stored.model.params, state, kEvalMode, norm.input);
      statistics::ChannelMoments moments(norm.features, norm.steps);
      statistics::add_layer_input(pass, norm, norm.padded_steps, moments);
      const auto own = mixed(layer, moments, static_cast<double>(mixing.batch_size), mixing);
      state = statistics::state_with<float>(stored.network.layout(), state, {own});
    }
    pass.run(batch, stored.model.params, state, kEvalMode, boundary);
    const ConstView<float> logits = pass.activations(boundary);
    std::copy(logits.begin(), logits.end(), result.view().row(first));
  }
  return result;
}

Matrix<float> answers(const Stored& stored, const Judged& judged, const std::string& mode) {
  if (mode.starts_with("own:")) return answers_in_own_batches(stored, judged, read_index(mode.substr(4)));
  if (mode.starts_with("mixed:")) return answers_by_mixing(stored, judged, {.batch_size = read_index(mode.substr(6))});
  if (mode.starts_with("weighed:")) {
    const double others = static_cast<double>(read_index(mode.substr(8)) - 1);
    return answers_by_mixing(stored, judged, {.batch_size = 1, .pseudo_rows = others, .of_differences = 1.0});
  }
  const bool is_train = mode.starts_with("train:");
  const Index rows = static_cast<Index>(judged.order.size());
  const Index batch_size = is_train ? std::min(read_index(mode.substr(6)), rows) : rows;
  const auto order = std::span(judged.order).first(static_cast<std::size_t>(rows / batch_size * batch_size));
  const Buffer<float> state = stored.state(mode);
  return forward(stored, judged, is_train ? kTrainFrozen : kEvalMode, state, order, batch_size);
}

template <class Number>
void write_numbers(std::ofstream& out, const Number* numbers, Index count) {
  out.write(reinterpret_cast<const char*>(numbers), static_cast<std::streamsize>(count) * static_cast<std::streamsize>(sizeof(Number)));
}

void write_targets(std::ofstream& out, const Judged& judged, Index outputs) {
  const data::Split<float>& split = judged.data.split(judged.split);
  const std::vector<float> zeros(static_cast<std::size_t>(outputs));
  for (const Index row : judged.order) {
    if (!split.labels.empty()) {
      const auto label = static_cast<float>(split.labels[static_cast<std::size_t>(row)]);
      write_numbers(out, &label, 1);
    } else {
      write_numbers(out, split.targets.rows() > 0 ? split.targets.view().row(row) : zeros.data(), outputs);
    }
  }
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(',', begin);
    words.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return words;
}

void write_answers(const Judged& judged, const std::vector<std::string>& modes, const std::string& checkpoint, const std::string& path) {
  const Stored stored(checkpoint);
  const Index outputs = statistics::boundary_size(stored.network, stored.network.logits_boundary(stored.loss));
  std::ofstream out(path, std::ios::binary);
  const Index rows = static_cast<Index>(judged.order.size());
  const std::int64_t header[] = {static_cast<std::int64_t>(modes.size()), rows, outputs, judged.data.classes};
  write_numbers(out, header, 4);
  write_targets(out, judged, outputs);
  for (const std::string& mode : modes) {
    const Matrix<float> logits = answers(stored, judged, mode);
    write_numbers(out, logits.view().row(0), logits.rows() * outputs);
    const std::vector<float> missing(static_cast<std::size_t>((rows - logits.rows()) * outputs), std::numeric_limits<float>::quiet_NaN());
    write_numbers(out, missing.data(), static_cast<Index>(missing.size()));
  }
  if (!out.flush()) throw Error(ExitCode::kWriteFailed, {path, "cannot be written", ""});
}

}  // namespace
}  // namespace normrun

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 7 || words.size() % 2 == 0) {
    std::fputs("usage: clinic_outputs JUDGED SEED SPLIT FIRST MODE[,MODE...] CHECKPOINT OUT [CHECKPOINT OUT]...\n", stderr);
    return 2;
  }
  try {
    const normrun::FlushDenormals flush;
    const normrun::Judged judged = normrun::judged_rows(words[0], normrun::read_index(words[1]), words[2], normrun::read_index(words[3]));
    for (std::size_t i = 5; i + 1 < words.size(); i += 2)
      normrun::write_answers(judged, normrun::split_list(words[4]), words[i], words[i + 1]);
  } catch (const normrun::Error& error) {
    std::fprintf(stderr, "clinic_outputs: %s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}
