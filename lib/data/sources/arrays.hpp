#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/array_values.hpp"
#include "data/source.hpp"

namespace normrun::data::sources {

/// The files of a split, as in "train": {"images": …, "labels": …}.  Rows without labels can be normalized and compared, but not learned.
struct ArrayFiles : config::Described {
  explicit ArrayFiles(std::string_view features_name_in) : features_name(features_name_in) {}
  std::string_view features_name;  // the option for the inputs: "images" or "features", depending on the format
  std::string features;
  std::string labels;
  std::string lengths;  // "": the examples are no sequences, or every step is valid
  bool empty() const { return features.empty() && labels.empty() && lengths.empty(); }
  bool has_labels() const { return !labels.empty(); }
  void describe(config::OptionVisitor& visitor) override;
};

/// How the labels are understood.
enum class ArrayTarget {
  kAuto,  // whole numbers are classes, floating ones are numbers to predict
  kClass,
  kNumber,
};
enum class ImageLayout { kNhwc, kNchw };

/// `idx` and `npy`: each split has one binary array of inputs and one of labels.
class ArraySource final : public SourceOf<ArraySource> {
 public:
  enum class Format { kIdx, kNpy };
  explicit ArraySource(Format format);

  template <class T>
  Loaded<T> rows(const std::string& folder) const;
  bool depends_on_seed() const override { return splits_by_seed(preparation, test_rows()); }
  Outline outline(const std::string& folder) const override;

 protected:
  void describe_own(config::OptionVisitor& visitor) override;

 private:
  /// The arrays of one split, after a check that they belong together.
  struct Pair {
    files::NumberArray features;
    std::optional<files::NumberArray> labels;
    std::optional<files::NumberArray> lengths;
    CountedLabels counted = {};  // which labels count; empty if all do
  };
  /// The files of the splits that have any: the training split first.
  std::vector<std::pair<SplitName, const ArrayFiles*>> given_files() const;
  /// The arrays whose labels say what all labels are: those of the first split that has labels, else the training split's.  Only their
  /// labels, and which of them count, may be used.
  Pair leading_pair(const std::string& folder, const Pair& train) const;
  TestRows test_rows() const { return test_.empty() ? TestRows::kHeldOut : TestRows::kOwn; }
  files::NumberArray read(const std::string& folder, const std::string& path, files::Read read) const;
  Pair read_pair(const std::string& folder, const ArrayFiles& files, files::Read features) const;
  void check_alike(const files::NumberArray& train, const std::optional<files::NumberArray>& labels, const Pair& other) const;
  /// Throws Error(kDamaged) for labels that do not belong to the rows.
  void check_labels(const Pair& pair) const;
  /// Returns the shape of an example.  Grey IDX images get an axis for their single channel, and so do sequences of single numbers.
  Shape example_shape(const Pair& pair) const;
  /// Returns how many steps of each row are valid.  Throws Error(kDamaged) for a number that no sequence of the rows can have.
  std::vector<Index> lengths_in(const Pair& pair) const;
  bool has_classes(const files::NumberArray& labels) const;
  /// Returns the classes of the leading labels; for regression and without labels the result holds no classes.
  LabelNumbers classes_in(const Pair& leading) const;
  /// Returns the shape of an example's labels if each of its positions has one; of rank 0 for a single label, numbers and rows without.
  Shape label_shape(const std::optional<files::NumberArray>& labels) const;
  /// Returns the options that apply to this array.  Floating IDX numbers are not scaled by 1/255, because that scale is meant for bytes.
  Preparation preparation_of(const files::NumberArray& features) const;
  std::vector<std::string> notes_on(const files::NumberArray& features, const std::optional<files::NumberArray>& labels,
                                    const LabelNumbers& numbers) const;
  template <class T>
  void fill(const Pair& pair, Index rows, const LabelNumbers& numbers, Split<T>& split) const;

  Format format_;
  ArrayFiles train_;
  ArrayFiles validation_;
  ArrayFiles test_;
  std::optional<Index> classes_;
  Index ignore_label_ = -100;
  ArrayTarget target_ = ArrayTarget::kAuto;
  bool standardize_target_ = false;
  ImageLayout layout_ = ImageLayout::kNhwc;
};

}  // namespace normrun::data::sources
