#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "config/options/options.hpp"
#include "data/batches.hpp"
#include "data/column_profile.hpp"
#include "data/dataset.hpp"
#include "data/preparation.hpp"

namespace normrun::data {

/// The options under `data` in a config: those that every data type takes, and those that one type adds.  Each type is a SourceOf
/// (source.hpp) in sources/*.cpp.
class DataSpec : public config::Described {
 public:
  Preparation preparation;
  Batching batching;

  /// Loads or generates the data for a seed.  Relative paths start from `folder`, the config file's folder.  Throws Error(kUsage) for a
  /// missing file or an impossible option, Error(kDamaged) with the file and the byte or the line and column, and Error(kOutOfMemory).
  template <class T>
  Dataset<T> load(std::uint64_t seed, const std::string& folder) const {
    if constexpr (std::is_same_v<T, float>) {
      return load_float32(seed, folder);
    } else {
      return load_float64(seed, folder);
    }
  }
  /// Reads the files, whose rows are the same for every seed; prepare_copy() turns these rows into what load() returns.  Returns null if
  /// the rows are generated.  Throws like load().
  template <class T>
  std::shared_ptr<const FileRows<T>> read_files(const std::string& folder) const {
    if constexpr (std::is_same_v<T, float>) {
      return read_files_float32(folder);
    } else {
      return read_files_float64(folder);
    }
  }
  /// Whether the rows depend on the seed.  If they do not, one loaded data set serves every run.
  virtual bool depends_on_seed() const = 0;
  /// What load() will return, found without loading all data.  `describe` and the checks before any training use it.  Generators know it
  /// without reading, idx and npy read their headers and labels, and csv reads its files.  Throws like load().
  struct Outline {
    Shape shape;
    Index classes = 0;  // 0 for regression
    Shape label_shape;  // as in Dataset
    Index outputs = 0;  // as in Dataset
    Index train_samples = 0;
    Index validation_samples = 0;
    Index test_samples = 0;
    std::vector<std::string> class_words;  // as in Dataset
    std::vector<std::string> notes;        // what users should know, one sentence each: what was left out, or how something was read
    std::vector<SplitName> unlabelled;     // the splits whose files have no labels, so that nothing can be learned from them
    bool numbers_are_whole = false;        // the targets of an array are all whole numbers, so the user may have meant them as classes
    bool classes_are_fractions = false;    // the labels of a csv are numbers, and some of them are not whole
  };
  virtual Outline outline(const std::string& folder) const = 0;
  /// Returns the columns of a table and what becomes of each; the list is empty for other data.  Throws like load().
  virtual std::vector<ColumnProfile> columns(const std::string& /*folder*/) const { return {}; }

  /// Describes the type's own options, then those of every type.
  void describe(config::OptionVisitor& visitor) final;

 protected:
  virtual Dataset<float> load_float32(std::uint64_t seed, const std::string& folder) const = 0;
  virtual Dataset<double> load_float64(std::uint64_t seed, const std::string& folder) const = 0;
  virtual std::shared_ptr<const FileRows<float>> read_files_float32(const std::string& folder) const = 0;
  virtual std::shared_ptr<const FileRows<double>> read_files_float64(const std::string& folder) const = 0;
  virtual void describe_own(config::OptionVisitor& visitor) = 0;
};

/// The family of data types: gaussian, uniform, imbalanced, spirals, stroke-digits, sequences, idx, csv, npy.
const config::Family& data_family();

}  // namespace normrun::data
