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
#include "diagnosis/margins.hpp"
#include "nn/network.hpp"
#include "nn/weights.hpp"
#include "study/claim.hpp"
#include "study/overrides.hpp"
#include "study/precision.hpp"
#include "train/train_options.hpp"

namespace normrun::study {

/// Everything that one run depends on: an experiment's config at one point of its grid.
struct RunConfig : config::Described {
  std::string schema;
  std::string name = "experiment";
  std::string source;
  std::string description;
  std::shared_ptr<config::Described> data;  // a DataSpec
  nn::LayerList network;
  std::shared_ptr<config::Described> norm;  // the LayerSpec that stands in for {"type": "norm"}
  train::TrainOptions train;
  Index seed = 0;
  Precision precision = Precision::kFloat32;
  statistics::PopulationOptions population;
  compare::CompareOptions compare;
  std::vector<std::string> probes;
  std::string grid = "{}";  // JSON as the config gives it
  std::vector<Claim> claims;

  void describe(config::OptionVisitor& visitor) override;

  const data::DataSpec& data_spec() const { return static_cast<const data::DataSpec&>(*data); }
  /// Returns the layers with `norm` in place of every {"type": "norm"} (nn::describe_layers).
  std::vector<nn::LayerDescription> layers() const;
  /// The settings that a comparison of the trained network needs.
  compare::ComparisonSettings comparison_settings() const;
  /// Returns what the column `norm` holds unless the grid sweeps the normalization: the types of the normalization layers, joined by "+",
  /// or "none" if there are none.
  std::string norm_label() const;
};

/// A config file with its command-line overrides and its grid (load_experiment.cpp).
struct Experiment {
  config::Document document;
  std::string path;
  std::string folder;  // the config file's folder, where relative paths start
  config::Grid grid;
  RunConfig base;                  // at the first point of the grid
  std::vector<std::string> notes;  // what the readers of the data files left out or found out (only with Check::kWithData)
  std::optional<Shape> example;    // the shape of an example; nothing if neither the data nor a manifest was read

  /// Returns the config of one run.  Throws Error(kUsage).
  RunConfig at(std::int64_t run) const;
  /// Returns the resolved config: every option with its value, and the grid and the claims as given.  If an axis changes something inside
  /// an object with a "type", the object stays as given too, because the swept value decides the defaults of its other options.
  std::string resolved() const;
  /// Returns what determines the numbers of every run, as compact JSON: the resolved config without the axes, the seed, the claims, the
  /// texts and train.checkpoint_every.
  std::string numbers() const;
  std::string digest() const;  // of numbers()
};

/// How much load_experiment checks.
enum class Check {
  kConfigOnly,  // for the config in a results folder, which must load even if its claims no longer fit
  kWithData,    // checks the headers of the data files too, and whether the tables and columns of the claims exist
};
/// Loads a config, applies the overrides and checks the result: first every value of every axis once, then shapes and files.  Throws
/// Error(kUsage) with every problem, in the order of the file.  A shape that does not fit for only some values of the grid makes only those
/// runs fail.
Experiment load_experiment(const std::string& path, const Overrides& overrides, Check check);

/// Throws Error(kUsage) if the network's outputs do not fit the data's targets and the loss, or if a split has fewer rows than the
/// population statistics need.  Throws Error(kUsage, kDamaged) if another file that training reads is missing, damaged or does not fit.
void check_fit(const nn::Network<float>& network, const RunConfig& config, const data::DataSpec::Outline& data, const std::string& folder,
               const nn::SweptNorms& norms);

/// Returns the resolved "data" alone.  Equal texts mean equal rows, for equal seeds and unchanged files.
std::string data_text(const RunConfig& config);

/// Writes the axes as a config's "grid" would; parse_grid reads them back.
std::string grid_text(const config::Grid& grid);
config::Grid parse_grid(const std::string& text);

/// Returns what determines a run's numbers: its resolved config without grid, claims and texts.
std::string run_text(const RunConfig& config);

}  // namespace normrun::study
