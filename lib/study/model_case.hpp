#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options/document.hpp"
#include "data/dataset.hpp"
#include "models/foreign_model.hpp"
#include "study/experiment.hpp"

namespace normrun::study {

/// Rows in files: the inputs and, if they are known, the labels.
struct RowFiles {
  std::string inputs;  // NPY, NPZ, IDX or a table; training rows may also be a config, whose "data" is then taken
  std::string labels;  // a file, or the label column of a table; "": the rows have no labels
};

/// A trained model and the rows that it is judged on.
struct ModelRequest {
  std::string model;
  std::string network;  // a config with the network, if the file holds only tensors; "" if the file has a graph
  RowFiles data;        // the rows that the weights were trained on
  RowFiles held_out;    // rows of the same source that were not trained on; may be empty
  RowFiles test;        // the rows to be judged; may be empty
  std::string outputs;  // the framework's outputs in eval mode for the judged rows; "": nothing to compare with
  std::optional<Index> batch_size;
  std::optional<double> momentum;     // the weight of the old value
  std::optional<Index> updates;       // how often training moved the statistics
  std::optional<Index> ignore_label;  // if each position of the rows has a label: the one of those that count for nothing
};

/// A trained model as an experiment with one run that trains no step: its network, its rows, and where its weights are.
struct ModelCase {
  config::Document document;
  std::shared_ptr<const models::ForeignModel> foreign;  // a model that brings its own graph; null for a file of tensors
  std::vector<std::string> untold;                      // what the file does not tell, a few words each
  std::vector<std::string> notes;                       // what users should know of the rows, one sentence each
};

/// The file in the folder of a diagnosis that gets the weights of a model that brings its own graph.
inline constexpr const char* kWeightsFile = "weights.safetensors";

/// Describes the model and its rows as a config in `folder`.  Throws Error(kUsage) if the request lacks something or the rows do not fit
/// the model, and Error(kDamaged) for damaged files.
ModelCase open_model(const ModelRequest& request, const std::string& folder);

/// Writes kWeightsFile for a model that brings its own graph, so that the config in `folder` is complete.
void write_weights(const ModelCase& model, const std::string& folder);

/// Returns the experiment of a case without writing its config, as if it were in `folder`.
Experiment experiment_of(const ModelCase& model, const std::string& folder);

/// Returns the role of a split's rows in the words of the options: "data", "held-out" or "test".
std::string_view role_text(data::SplitName split);

}  // namespace normrun::study
