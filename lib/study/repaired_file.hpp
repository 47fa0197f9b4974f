#pragma once

#include <string>
#include <vector>

#include "models/foreign_model.hpp"
#include "study/repair_model.hpp"

namespace normrun::study {

/// The path of a file, and the bytes that are to be written to it.
struct RepairedFile {
  std::string path;
  std::string bytes;
};

/// Returns the files that replace a model of another framework.  The first is the model's own file: its statistics are overwritten, and
/// `provenance` is in its metadata.  If the statistics are in external data, that file follows.  An output name that ends in .safetensors
/// gives a file with the statistics alone, under the names that they have in the model.  Statistics that share their bytes with another
/// tensor get bytes of their own.
/// Throws Error(kUsage) if the statistics cannot be written to the model's file, and Error(kDamaged) if the file has changed since it was
/// read.
std::vector<RepairedFile> repaired_files(const models::ForeignModel& model, const ModelRepair& repair, const std::string& provenance,
                                         const std::string& out);

}  // namespace normrun::study
