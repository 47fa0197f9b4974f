#pragma once

#include <optional>
#include <string>
#include <vector>

namespace normrun::study {

/// A tensor whose numbers differ between two files.
struct DifferentTensor {
  std::string name;
  bool is_statistic = false;
  double largest = 0.0;   // the largest difference; NaN if a number is NaN in only one of the files
  double relative = 0.0;  // the root mean square of the difference, divided by the root mean square of the first file's numbers
};

/// What differs between two files of one model.
struct ModelDiff {
  std::vector<std::string> only_in_first;
  std::vector<std::string> only_in_second;
  std::vector<std::string> misshaped;
  std::vector<DifferentTensor> tensors;  // the statistics first, each kind in the file's order
  std::vector<std::string> options;      // sentences about epsilon and momentum
  std::size_t weights = 0;               // how many tensors of weights both files have
  std::size_t statistics = 0;
  bool are_equal() const {
    return only_in_first.empty() && only_in_second.empty() && misshaped.empty() && tensors.empty() && options.empty();
  }
  std::size_t different_weights() const { return tensors.size() - different_statistics(); }
  std::size_t different_statistics() const;
  /// Returns a sentence that says what the differences look like.
  std::string words() const;
};

/// Compares two files of one format.  Throws the errors of their readers.
ModelDiff compare_models(const std::string& first, const std::string& second);

}  // namespace normrun::study
