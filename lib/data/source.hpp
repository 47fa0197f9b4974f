#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "core/error.hpp"
#include "data/registry.hpp"

namespace normrun::data {

/// Implements load() in both precisions by `Loaded<T> rows<T>(seed, folder) const` of Source.
template <class Source>
class SourceOf : public DataSpec {
 private:
  Dataset<float> load_float32(std::uint64_t seed, const std::string& folder) const final { return load_as<float>(seed, folder); }
  Dataset<double> load_float64(std::uint64_t seed, const std::string& folder) const final { return load_as<double>(seed, folder); }

  template <class T>
  Dataset<T> load_as(std::uint64_t seed, const std::string& folder) const {
    try {
      return prepare(static_cast<const Source&>(*this).template rows<T>(seed, folder), preparation, seed);
    } catch (const std::bad_alloc&) {
      throw Error(ExitCode::kOutOfMemory, {"data", "not enough memory for the rows of data type \"" + type + "\"", "set data.limit"});
    }
  }
};

/// Computes the counts of the splits.  `rows` counts the training source's rows before `limit`, and `own_test_rows` those of a separate
/// test source.
DataSpec::Outline outline_of(Shape shape, Index classes, Index outputs, Index rows, const Preparation& preparation, TestRows test_rows,
                             Index own_test_rows);

}  // namespace normrun::data
