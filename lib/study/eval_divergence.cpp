#include "study/eval_divergence.hpp"

#include <algorithm>

#include "train/divergence.hpp"

namespace normrun::study {
namespace {

/// Runs the split in eval mode until a row's outputs are not finite.
template <class T>
train::NonFinite first_in_eval(const compare::Snapshot<T>& snapshot, const data::Split<T>& split) {
  const nn::Network<T>& network = snapshot.network;
  const Index capacity = std::min(statistics::evaluation_rows(network), split.samples());
  nn::Record<T> record(network, capacity);
  for (Index first = 0; first < split.samples(); first += capacity) {
    const Index count = std::min(capacity, split.samples() - first);
    const typename nn::Network<T>::Pass pass{.mode = kEvalMode, .lengths = split.lengths.empty() ? nullptr : split.lengths.data() + first};
    const ConstView<T> outputs =
        network.forward(pass, snapshot.model.params, snapshot.model.state, nullptr, record, split.features.view().slice(first, count));
    train::NonFinite found = train::first_non_finite_in_eval(network, snapshot.model, record);
    const bool is_met = !found.layer.empty() || !train::all_finite<T>({outputs.data, static_cast<std::size_t>(outputs.size())});
    if (is_met) return found;
  }
  return {"", "the loss"};
}

}  // namespace

template <class T>
std::string eval_divergence(const compare::Snapshot<T>& snapshot, data::SplitName split) {
  const train::NonFinite first = first_in_eval(snapshot, snapshot.data.split(split));
  return "eval mode is not finite on the " + std::string(data::split_text(split)) + " split after step " + std::to_string(snapshot.step) +
         "; first non-finite tensor: " + train::non_finite_place(first);
}

template std::string eval_divergence(const compare::Snapshot<float>&, data::SplitName);
template std::string eval_divergence(const compare::Snapshot<double>&, data::SplitName);

}  // namespace normrun::study
