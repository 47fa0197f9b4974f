#include "study/weights_check.hpp"

#include <algorithm>

#include "train/initial_weights.hpp"

namespace normrun::study {
namespace {

/// The most values of one axis that are looked at.
constexpr std::size_t kLookedAt = 1000;

/// Returns the config at the given value of one axis and the first value of every other axis.
RunConfig config_at(const config::Document& document, const config::Grid& grid, std::size_t axis, std::size_t value) {
  std::vector<config::Axis> chosen = grid.axes();
  for (std::size_t a = 0; a < chosen.size(); ++a) {
    const std::size_t kept = a == axis ? value : 0;
    chosen[a].values = {grid.axes()[a].values[kept]};
    chosen[a].labels = {grid.axes()[a].labels[kept]};
  }
  RunConfig config;
  std::vector<Problem> ignored;
  config::at_point(document, config::Grid(chosen), 0).read("", config, ignored);
  return config;
}

std::string listed_or_none(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + text;
  return list.empty() ? "nothing" : list;
}

/// Whether another value of this key may load other tensors, or another file.
bool changes_weights(const std::string& key) {
  constexpr std::string_view kKeys[] = {"norm",         "network",      "seed",          "data", "train.init_from",
                                        "train.strict", "train.layout", "train.init_map"};
  return std::any_of(std::begin(kKeys), std::end(kKeys), [&key](std::string_view above) { return config::is_at_or_below(key, above); });
}

void add_once(std::string note, std::vector<std::string>& notes) {
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

}  // namespace

nn::SweptNorms swept_norms(const config::Document& document, const config::Grid& grid, const RunConfig& config, const Shape& input) {
  nn::SweptNorms norms;
  if (config.train.init_from.empty()) return norms;
  for (std::size_t axis = 0; axis < grid.axes().size(); ++axis) {
    if (!config::is_at_or_below(grid.axes()[axis].key, "norm")) continue;
    norms.is_swept = true;
    for (std::size_t value = 0; value < std::min(grid.axes()[axis].values.size(), kLookedAt); ++value) {
      try {
        const nn::Network<float> network(config_at(document, grid, axis, value).layers(), input);
        const nn::Layout& layout = network.layout();
        const auto add = [&](const auto& entries) {
          for (const auto& entry : entries) {
            const auto is_its = [&](const nn::Normalization& norm) { return norm.name == entry.layer; };
            if (std::any_of(layout.normalizations.begin(), layout.normalizations.end(), is_its))
              norms.tensors.insert(entry.layer + "." + entry.name);
          }
        };
        add(layout.params);
        add(layout.states);
      } catch (const Error&) {
        continue;  // a value that does not fit, which its own run reports
      }
    }
  }
  return norms;
}

std::vector<std::string> weights_notes(const Experiment& experiment) {
  std::vector<std::string> notes;
  const std::vector<config::Axis>& axes = experiment.grid.axes();
  const auto look_at = [&](const RunConfig& config) {
    if (config.train.init_from.empty()) return;
    try {
      const nn::Network<float> network(config.layers(), config.data_spec().outline(experiment.folder).shape);
      const auto seed = static_cast<std::uint64_t>(config.seed);
      const nn::SweptNorms norms = swept_norms(experiment.document, experiment.grid, config, network.input());
      const std::string path = train::initial_weights_path(config.train, experiment.folder, seed);
      const nn::WeightsUse use = train::initial_weights(network, config.train, experiment.folder, seed, norms).use;
      for (const std::string& note : use.notes) add_once(std::string(path).append(": ").append(note), notes);
      if (config.train.strict) return;
      add_once(path + ": loaded: " + listed_or_none(use.loaded) + "; left: " + listed_or_none(use.left) +
                   "; missing in the file, so they start fresh: " + listed_or_none(use.missed),
               notes);
    } catch (const Error&) {
      return;
    }
  };
  const bool is_seeds_own = experiment.base.train.init_from.find("{seed}") != std::string::npos;
  look_at(experiment.base);
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    if (!changes_weights(axes[axis].key) || (axes[axis].key == "seed" && !is_seeds_own)) continue;
    for (std::size_t value = 1; value < std::min(axes[axis].values.size(), kLookedAt); ++value)
      look_at(config_at(experiment.document, experiment.grid, axis, value));
  }
  return notes;
}

}  // namespace normrun::study
