#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "data/batches.hpp"
#include "data/column_profile.hpp"
#include "data/dataset.hpp"
#include "data/preparation.hpp"

namespace normrun::data {

/// The options every data type takes, and what a type adds.  One class per type in sources/*.cpp.
class DataSpec : public config::Described {
 public:
  Preparation preparation;
  Batching batching;

  /// Loads or generates the data of a seed.  `folder` is what relative paths start from (the config file's folder).
  /// Throws Error: kUsage (missing file, impossible option), kDamaged (file, byte or line and column), kOutOfMemory.
  virtual Dataset<float> load(std::uint64_t seed, const std::string& folder, float) const = 0;
  virtual Dataset<double> load(std::uint64_t seed, const std::string& folder, double) const = 0;
  /// Whether the rows depend on the seed; if not, one loaded data set serves every run.
  virtual bool depends_on_seed() const = 0;
  /// What load() will give, without loading it: for `describe` and for checks before any training.  Generators know it, idx
  /// and npy read their headers and labels, csv its files.  Throws as load() does.
  struct Outline {
    Shape shape;
    Index classes = 0;  // 0: regression
    Index outputs = 0;  // as in Dataset
    Index train_samples = 0;
    Index validation_samples = 0;
    Index test_samples = 0;
    std::vector<std::string> class_words;  // as in Dataset
    std::vector<std::string> notes;        // what was left out or read in a way that should be known, a sentence each
    bool numbers_are_whole = false;        // numbers to predict that an array holds could be classes
    bool classes_are_fractions = false;    // a csv's labels are numbers, not all of them whole
  };
  virtual Outline outline(const std::string& folder) const = 0;
  /// The columns of a table and what becomes of them; none of other data.  Throws as load() does.
  virtual std::vector<ColumnProfile> columns(const std::string& /*folder*/) const { return {}; }

  /// The type's own options, then those of every type.
  void describe(config::OptionVisitor& visitor) final;

 protected:
  virtual void describe_own(config::OptionVisitor& visitor) = 0;
};

/// gaussian, uniform, imbalanced, spirals, stroke-digits, sequences, idx, csv, npy.
const config::Family& data_family();

}  // namespace normrun::data
