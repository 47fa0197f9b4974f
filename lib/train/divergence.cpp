#include "train/divergence.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "train/square_overflow.hpp"

namespace normrun::train {
namespace {

constexpr const char* kFeatures = "the batch's features";

template <class T>
bool all_finite_in(ConstView<T> numbers) {
  return all_finite<T>({numbers.data, static_cast<std::size_t>(numbers.size())});
}

/// Returns the name of the layer's first tensor among `entries` (parameters or statistics) that is not finite; "" if all are finite.
template <class T, class Entry>
std::string first_of_layer(const std::vector<Entry>& entries, const Buffer<T>& numbers, const std::string& layer) {
  for (const Entry& entry : entries) {
    if (entry.layer != layer) continue;
    const T* begin = numbers.data() + entry.id.offset;
    if (!all_finite<T>({begin, static_cast<std::size_t>(entry.id.size)})) return entry.name;
  }
  return "";
}

/// Whether layer i is a normalization that in eval mode would take the root of a number that is not above 0.
template <class T>
bool has_no_root(const nn::Layout& layout, const Buffer<T>& state, Index i) {
  const auto is_it = [i](const nn::Normalization& norm) { return norm.layer == i && norm.moving_variance.has_value(); };
  const auto norm = std::find_if(layout.normalizations.begin(), layout.normalizations.end(), is_it);
  if (norm == layout.normalizations.end()) return false;
  const T* const first = state.data() + norm->moving_variance->offset;
  return std::any_of(first, first + norm->moving_variance->size,
                     [&](T variance) { return !(static_cast<double>(variance) + norm->epsilon > 0.0); });
}

/// Returns what to do about the numbers of a training that grew until one was not finite.
std::string cure_of(Index step, const NonFinite& first) {
  if (first.layer.empty() && first.tensor == kFeatures) return R"(; look at "scale" and "shift" in the data)";
  if (!first.why.empty() && step == 1) return R"(: scale the data ("scale", "standardize"), or use "precision": "float64")";
  if (step == 1) return "";
  return first.why.empty() ? "; lower the learning rate, or clip the gradient (train.clip)"
                           : R"(: lower the learning rate, clip the gradient (train.clip), or use "precision": "float64")";
}

}  // namespace

std::string non_finite_place(const NonFinite& first) {
  const std::string place = first.layer.empty() ? first.tensor : "layer " + first.layer + ", " + first.tensor;
  return first.why.empty() ? place : place + "; " + first.why;
}

Diverged::Diverged(Index step, const std::string& what, NonFinite first)
    : Error(ExitCode::kRunsFailed, Problem{"", what + " at step " + std::to_string(step),
                                           "first non-finite tensor: " + non_finite_place(first) + cure_of(step, first)}),
      step_(step),
      first_(std::move(first)) {}

template <class T>
bool all_finite(std::span<const T> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](T number) { return std::isfinite(number); });
}

template <class T>
NonFinite first_non_finite(const nn::Network<T>& network, const nn::Model<T>& model, const nn::Record<T>& record, Index last_boundary) {
  if (!all_finite_in(record.activations(0))) return {"", kFeatures, ""};
  const nn::Layout& layout = network.layout();
  for (Index i = 0; i < network.output_boundary(); ++i) {
    const std::string& layer = network.layers()[static_cast<std::size_t>(i)].name;
    const std::string param = first_of_layer(layout.params, model.params, layer);
    if (!param.empty()) return {layer, param, ""};
    if (i < last_boundary && !all_finite_in(record.activations(i + 1))) {
      const auto is_it = [i](const nn::Normalization& norm) { return norm.layer == i; };
      const auto norm = std::find_if(layout.normalizations.begin(), layout.normalizations.end(), is_it);
      return {layer, "activations", norm != layout.normalizations.end() ? square_overflow(record.activations(norm->input)) : ""};
    }
    const std::string statistic = first_of_layer(layout.states, model.state, layer);
    if (!statistic.empty()) return {layer, statistic, ""};
  }
  return {"", "the loss", ""};
}

template <class T>
NonFinite first_non_finite_in_eval(const nn::Network<T>& network, const nn::Model<T>& model, const nn::Record<T>& record) {
  if (!all_finite_in(record.activations(0))) return {"", "the features"};
  const nn::Layout& layout = network.layout();
  for (Index i = 0; i < network.output_boundary(); ++i) {
    const std::string& layer = network.layers()[static_cast<std::size_t>(i)].name;
    const std::string param = first_of_layer(layout.params, model.params, layer);
    if (!param.empty()) return {layer, param};
    const std::string statistic = first_of_layer(layout.states, model.state, layer);
    if (!statistic.empty()) return {layer, statistic};
    if (all_finite_in(record.activations(i + 1))) continue;
    return {layer, has_no_root(layout, model.state, i) ? "activations, because moving_variance + epsilon is not above 0" : "activations"};
  }
  return {"", "the loss"};
}

template bool all_finite<float>(std::span<const float>);
template bool all_finite<double>(std::span<const double>);
template NonFinite first_non_finite<float>(const nn::Network<float>&, const nn::Model<float>&, const nn::Record<float>&, Index);
template NonFinite first_non_finite<double>(const nn::Network<double>&, const nn::Model<double>&, const nn::Record<double>&, Index);
template NonFinite first_non_finite_in_eval<float>(const nn::Network<float>&, const nn::Model<float>&, const nn::Record<float>&);
template NonFinite first_non_finite_in_eval<double>(const nn::Network<double>&, const nn::Model<double>&, const nn::Record<double>&);

}  // namespace normrun::train
