#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compare/snapshot.hpp"
#include "config/grid/grid.hpp"
#include "config/options/document.hpp"
#include "data/registry.hpp"
#include "nn/network.hpp"
#include "nn/weights.hpp"
#include "study/claim.hpp"
#include "study/overrides.hpp"
#include "study/precision.hpp"
#include "train/train_options.hpp"

namespace normrun::study {

/// Everything one run depends on: an experiment's config at one point of its grid.
struct RunConfig : config::Described {
  std::string schema;
  std::string name = "experiment";
  std::string source;
  std::string description;
  std::shared_ptr<config::Described> data;                  // a DataSpec
  std::vector<std::shared_ptr<config::Described>> network;  // LayerSpecs
  std::shared_ptr<config::Described> norm;                  // the LayerSpec that stands in for {"type": "norm"}
  train::TrainOptions train;
  Index seed = 0;
  Precision precision = Precision::kFloat32;
  statistics::PopulationOptions population;
  compare::CompareOptions compare;
  std::vector<std::string> probes;
  std::string grid = "{}";  // JSON, as given
  std::vector<Claim> claims;

  void describe(config::OptionVisitor& visitor) override;

  const data::DataSpec& data_spec() const { return static_cast<const data::DataSpec&>(*data); }
  /// The layers with every placeholder replaced.  One keeps its own name, else it has that of `norm`, followed by "_" and its place
  /// where there are several.
  std::vector<nn::LayerDescription> layers() const;
  /// What a comparison of the trained network needs of all this.
  compare::ComparisonSettings comparison_settings() const;
  /// What the column `norm` holds unless the grid names it: the type that stands in, else the types of the network's own
  /// normalization layers joined by "+", else "none".
  std::string norm_label() const;
};

/// A config file, its command-line overrides and its grid.
struct Experiment {
  config::Document document;
  std::string path;
  std::string folder;  // of the config file: what its relative paths start from
  config::Grid grid;
  RunConfig base;                  // at the first point of the grid
  std::vector<std::string> notes;  // on the data files: what is left out, what was found out (Check::kWithData only)

  /// The config of one run.  Throws Error(kUsage).
  RunConfig at(std::int64_t run) const;
  /// Resolved: every option with its value, the grid and the claims as given.  An object with a "type" that an axis changes
  /// from within stands as given, too: what its other options default to depends on the swept one.
  std::string resolved() const;
  /// The resolved config without what does not change the numbers of a run, or is swept: the axes, the seed, the claims, the
  /// texts, when checkpoints are written.  Compact JSON.
  std::string numbers() const;
  std::string digest() const;  // of numbers()
};

/// Reads, overrides and checks a config: every value of every axis once, then shapes and files.  Throws Error(kUsage) with
/// every problem found, in the file's order.  A shape that does not fit for some values of the grid only is left to their
/// runs.  kWithData opens the data files' headers, and looks for what the claims name in the tables that there will be;
/// kConfigOnly is for the config of results, which shall be read whatever its claims name.
enum class Check { kConfigOnly, kWithData };
Experiment load_experiment(const std::string& path, const Overrides& overrides, Check check);

/// Throws Error(kUsage) where the network's outputs do not fit the data's targets and the loss, or where the data has fewer rows than
/// population statistics are to be taken from; Error(kUsage, kDamaged) for the other files that a training reads.
void check_fit(const nn::Network<float>& network, const RunConfig& config, const data::DataSpec::Outline& data, const std::string& folder,
               const nn::SweptNorms& norms);

/// The resolved "data" alone: equal texts mean equal rows (but for the seed and changed files).
std::string data_text(const RunConfig& config);

/// The axes as the config's "grid" would write them, and back.
std::string grid_text(const config::Grid& grid);
config::Grid parse_grid(const std::string& text);

/// The config of one run as it determines the run's numbers: resolved, without grid, claims and texts.
std::string run_text(const RunConfig& config);

}  // namespace normrun::study
