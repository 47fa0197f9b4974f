#include "study/model_diff.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "files/safetensors.hpp"
#include "fmt/format.h"
#include "study/audit.hpp"

namespace normrun::study {
namespace {

std::optional<DifferentTensor> difference(const files::Tensor& a, const files::Tensor& b) {
  DifferentTensor result{.name = a.name, .is_statistic = is_statistic(a.name)};
  double squares = 0.0;
  double of_first = 0.0;
  bool differs = false;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool both_nan = std::isnan(a.values[i]) && std::isnan(b.values[i]);
    if (both_nan || a.values[i] == b.values[i]) {
      of_first += both_nan ? 0.0 : a.values[i] * a.values[i];
      continue;
    }
    differs = true;
    const double difference = std::abs(a.values[i] - b.values[i]);
    if (!(difference <= result.largest)) result.largest = difference;
    squares += difference * difference;
    of_first += a.values[i] * a.values[i];
  }
  if (!differs) return std::nullopt;
  result.relative = of_first > 0.0 ? std::sqrt(squares / of_first) : std::numeric_limits<double>::infinity();
  return result;
}

std::vector<AuditedNorm> norms_or_none(const std::string& path) {
  try {
    return audited_norms(path);
  } catch (const std::exception&) {
    return {};  // a file without normalizations can be compared, too
  }
}

void compare_options(const std::string& first, const std::string& second, ModelDiff& diff) {
  const std::vector<AuditedNorm> others = norms_or_none(second);
  for (const AuditedNorm& a : norms_or_none(first)) {
    const auto b = std::find_if(others.begin(), others.end(), [&](const AuditedNorm& one) { return one.layer == a.layer; });
    if (b == others.end()) continue;
    const auto add = [&](const char* option, const std::optional<double>& here, const std::optional<double>& there) {
      if (here && there && *here != *there)
        diff.options.push_back(fmt::format("{}: {} is {:.6g} and {:.6g}", a.layer, option, *here, *there));
    };
    add("epsilon", a.epsilon, b->epsilon);
    add("momentum", a.momentum, b->momentum);
  }
}

}  // namespace

std::size_t ModelDiff::different_statistics() const {
  return static_cast<std::size_t>(
      std::count_if(tensors.begin(), tensors.end(), [](const DifferentTensor& one) { return one.is_statistic; }));
}

std::string ModelDiff::words() const {
  if (are_equal()) return "the files hold the same numbers";
  if (!misshaped.empty() || (weights == 0 && statistics == 0)) return "these are files of different networks";
  const std::size_t moved_weights = different_weights();
  const std::size_t moved_statistics = different_statistics();
  if (moved_weights == 0 && moved_statistics == 0) return "the files hold the same weights and statistics";
  if (moved_statistics == 0 && statistics > 0)
    return "the weights moved, but the statistics did not: they were frozen, or belong to other weights";
  if (moved_weights > 0) return "weights and statistics differ: two states of a training, or two trainings";
  double largest = 0.0;
  for (const DifferentTensor& one : tensors)
    if (!is_update_count(one.name)) largest = std::max(largest, one.relative);
  constexpr double kOfRanks = 0.5;
  return largest < kOfRanks ? "the weights are equal and the statistics differ a little: replicas of one training that did not share their "
                              "statistics, or one model with its statistics computed twice"
                            : "the statistics moved, but the weights did not: a pass in train mode, a repair, or statistics of other rows";
}

ModelDiff compare_models(const std::string& first, const std::string& second) {
  const files::TensorFile a = read_tensors(first);
  const files::TensorFile b = read_tensors(second);
  ModelDiff diff;
  for (const files::Tensor& tensor : a.tensors) {
    const files::Tensor* const other = b.find(tensor.name);
    if (other == nullptr) {
      diff.only_in_first.push_back(tensor.name);
    } else if (other->shape != tensor.shape) {
      diff.misshaped.push_back(tensor.name);
    } else {
      ++(is_statistic(tensor.name) ? diff.statistics : diff.weights);
      if (std::optional<DifferentTensor> found = difference(tensor, *other)) diff.tensors.push_back(std::move(*found));
    }
  }
  for (const files::Tensor& tensor : b.tensors)
    if (a.find(tensor.name) == nullptr) diff.only_in_second.push_back(tensor.name);
  std::stable_partition(diff.tensors.begin(), diff.tensors.end(), [](const DifferentTensor& one) { return one.is_statistic; });
  compare_options(first, second, diff);
  return diff;
}

}  // namespace normrun::study
