#pragma once

#include <string>
#include <vector>

#include "study/model_case.hpp"

namespace normrun::study {

/// How the axes of the rows are read, and what their labels mean.
struct RowsReading {
  bool is_channels_first = false;
  Index classes = 0;                     // 0: the labels say it themselves
  std::vector<std::string> class_words;  // (classes) the label of each output, where the labels are whole numbers; else empty
  std::string target;                    // "class" or "number"; "": the labels say it themselves
};

/// Returns whether the training rows come from a config.
bool is_config(const ModelRequest& request);
/// Returns the sizes of one of the training rows as their file has them; nothing if it does not tell them before the rows are read.
std::vector<Index> row_sizes(const ModelRequest& request);
/// Returns the config's "data" for the rows of a request, as JSON.  Paths are relative to `folder`.  Throws Error(kUsage) if the files are
/// of different kinds, or of a kind that cannot have these roles.
std::string rows_json(const ModelRequest& request, const RowsReading& reading, const std::string& folder);
/// Returns `path` in the form in which a config that lies in `folder` must write it.
std::string path_from(const std::string& path, const std::string& folder);

/// If each position of the rows has a label, lets the network in `document` end in outputs of shape (labels…, classes), the shape in which
/// the loss reads them.  A file may give them flat, or with the classes first, as PyTorch's convolutions do.  Outputs that do not fit the
/// labels stay as they are: train::outputs_of_label refuses them.
void end_in_classes(const models::ForeignModel& model, const Shape& labels, config::Document& document);

}  // namespace normrun::study
