#pragma once

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "data/registry.hpp"

namespace normrun::data {

/// Implements load() in both precisions.  Source provides `Loaded<T> rows<T>(seed, folder) const`, or `rows<T>(folder)` if it reads files.
template <class Source>
class SourceOf : public DataSpec {
 private:
  Dataset<float> load_float32(std::uint64_t seed, const std::string& folder) const final { return load_as<float>(seed, folder); }
  Dataset<double> load_float64(std::uint64_t seed, const std::string& folder) const final { return load_as<double>(seed, folder); }
  std::shared_ptr<const FileRows<float>> read_files_float32(const std::string& folder) const final { return read_as<float>(folder); }
  std::shared_ptr<const FileRows<double>> read_files_float64(const std::string& folder) const final { return read_as<double>(folder); }

  template <class T>
  static constexpr bool reads_files() {
    return requires(const Source& source, const std::string& folder) { source.template rows<T>(folder); };
  }
  template <class T>
  Dataset<T> load_as(std::uint64_t seed, const std::string& folder) const {
    const Source& source = static_cast<const Source&>(*this);
    return within_memory([&] {
      if constexpr (reads_files<T>())
        return prepare(source.template rows<T>(folder), preparation, seed);
      else
        return prepare(source.template rows<T>(seed, folder), preparation, seed);
    });
  }
  template <class T>
  std::shared_ptr<const FileRows<T>> read_as(const std::string& folder) const {
    if constexpr (reads_files<T>()) {
      return within_memory([&] {
        auto rows = std::make_shared<FileRows<T>>();
        rows->rest = static_cast<const Source&>(*this).template rows<T>(folder);
        rows->train = std::exchange(rows->rest.data.train, {});
        return rows;
      });
    }
    return nullptr;
  }
  template <class Load>
  auto within_memory(const Load& load) const {
    try {
      return load();
    } catch (const std::bad_alloc&) {
      throw Error(ExitCode::kOutOfMemory, {"data", "not enough memory for the rows of data type \"" + type + "\"", "set data.limit"});
    }
  }
};

/// Fills in an outline and computes the sizes of its splits.  `rows` is the number of rows of the training source before `limit`, and
/// `own_test_rows` that of a separate test source.
DataSpec::Outline outline_of(Shape shape, Index classes, Index outputs, Index rows, const Preparation& preparation, TestRows test_rows,
                             Index own_test_rows);

}  // namespace normrun::data
