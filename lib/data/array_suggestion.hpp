#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/number_array.hpp"

namespace normrun::data {

/// What an array file holds.
struct ArrayFacts {
  std::string path;
  std::string type;  // "float32", "uint8", "bool", …
  std::vector<Index> dims;
  double low = 0.0;  // of the finite numbers
  double high = 0.0;
  Index not_finite = 0;
  bool are_whole = true;
  std::vector<std::pair<double, Index>> values;  // different numbers with their counts, ascending; empty where there are more than 20
};
/// Reads the whole array.  `format`: kIdx or kNpy as the first bytes tell.
enum class ArrayFormat { kIdx, kNpy };
ArrayFacts array_facts(const std::string& path, ArrayFormat format);

/// The two files of a split, as a config names them.
struct ArrayPair {
  std::string features;
  std::string labels;
};
/// What a config's "data" needs for arrays.
struct ArraySuggestion {
  std::string_view type;          // "npy" or "idx"
  std::string_view features_key;  // "features" or "images"
  ArrayPair train;
  ArrayPair test;  // empty: test_fraction of the rows is held out
  Index rows = 0;
  Index rank = 1;                                         // axes of one example
  Index outputs = 1;                                      // classes, or numbers to predict
  std::vector<std::pair<std::string, std::string>> keys;  // as in CsvSuggestion
};
/// `file`: an NPZ archive, whose members are told apart by their names, or an NPY or IDX file of the inputs, whose labels `labels` names.
/// Throws Error(kUsage) where the labels are not to be found.
ArraySuggestion suggest_arrays(const std::string& file, const std::string& labels);

}  // namespace normrun::data
