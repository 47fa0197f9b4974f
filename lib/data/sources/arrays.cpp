#include "data/sources/arrays.hpp"

#include "core/error.hpp"
#include "files/input_file.hpp"

namespace normrun::data::sources {
namespace {

std::string_view features_name(ArraySource::Format format) { return format == ArraySource::Format::kIdx ? "images" : "features"; }

Index target_outputs(const NumberArray& labels) { return labels.row_size(); }

}  // namespace

void ArrayFiles::describe(config::OptionVisitor& visitor) {
  visitor.text({features_name, "path of the inputs, one example a row; relative to the config file's folder"}, features);
  visitor.text({"labels", "path of the labels (whole numbers from 0) or the numbers to predict (floating), one row an example"}, labels);
  visitor.require(features.empty() == labels.empty(), "", "both files of the split: " + std::string(features_name) + " and labels");
}

ArraySource::ArraySource(Format format) : format_(format), train_(features_name(format)), test_(features_name(format)) {
  if (format == Format::kIdx) preparation.scale = 1.0 / 255.0;
}

void ArraySource::describe_own(config::OptionVisitor& visitor) {
  visitor.object({"train", "the training split's files"}, train_);
  visitor.require(
      !train_.empty(), "",
      "the key \"train\": {\"" + std::string(features_name(format_)) + "\": \"…\", \"labels\": \"…\"} with the paths of two files");
  visitor.object({"test", "the test split's files; absent: test_fraction of the training rows are held out"}, test_);
  visitor.integer({"classes", "number of classes; absent: the largest training label + 1"}, classes_, {.low = 2, .high = Index{1} << 20});
}

NumberArray ArraySource::read(const std::string& folder, const std::string& path, Read read) const {
  const std::string full = files::resolve_path(folder, path);
  return format_ == Format::kIdx ? read_idx(full, read) : read_npy(full, read);
}

ArraySource::Pair ArraySource::read_pair(const std::string& folder, const ArrayFiles& files, Read features) const {
  Pair pair{read(folder, files.features, features), read(folder, files.labels, Read::kAll)};
  const NumberArray& labels = pair.labels;
  if (labels.rows() != pair.features.rows()) {
    throw Error(ExitCode::kDamaged, {labels.path,
                                     "holds " + std::to_string(labels.rows()) + " labels for the " + std::to_string(pair.features.rows()) +
                                         " rows of " + pair.features.path,
                                     "give the two files that belong together"});
  }
  if (labels.is_integer() && labels.row_size() != 1) {
    throw Error(ExitCode::kDamaged, {labels.path, "holds rows of " + std::to_string(labels.row_size()) + " whole numbers",
                                     "a label is one whole number; save numbers to predict as floating ones"});
  }
  return pair;
}

void ArraySource::check_test(const Pair& train, const Pair& test) const {
  if (test.features.row_shape() != train.features.row_shape()) {
    throw Error(ExitCode::kDamaged,
                {test.features.path,
                 "has rows of shape " + test.features.row_shape().text() + ", the training file " + train.features.row_shape().text(),
                 "give files of the same width"});
  }
  if (test.labels.is_integer() != train.labels.is_integer() || test.labels.row_size() != train.labels.row_size()) {
    throw Error(ExitCode::kDamaged,
                {test.labels.path, "holds another kind of labels than the training file", "give both as classes or both as numbers"});
  }
}

/// Grey IDX images get their channel axis.
Shape ArraySource::example_shape(const NumberArray& features) const {
  Shape shape = features.row_shape();
  if (format_ != Format::kIdx || shape.rank() != 2) return shape;
  return {shape.dims()[0], shape.dims()[1], 1};
}

Index ArraySource::classes_in(const Pair& train) const {
  if (!train.labels.is_integer()) return 0;
  return classes_ ? *classes_ : count_classes(train.labels);
}

template <class T>
void ArraySource::fill(const Pair& pair, Index rows, Index classes, Split<T>& split) const {
  split.features = to_features<T>(pair.features, rows, preparation);
  if (classes > 0) {
    split.labels = to_labels(pair.labels, classes);
    split.labels.resize(static_cast<std::size_t>(rows));
  } else {
    split.targets = to_targets<T>(pair.labels, rows);
  }
}

template <class T>
Loaded<T> ArraySource::rows(std::uint64_t /*seed*/, const std::string& folder) const {
  Loaded<T> loaded;
  loaded.test_rows = test_rows();
  Dataset<T>& data = loaded.data;
  Pair train = read_pair(folder, train_, Read::kAll);
  data.shape = example_shape(train.features);
  data.classes = classes_in(train);
  data.outputs = data.classes > 0 ? 0 : target_outputs(train.labels);
  fill(train, preparation.limited(train.features.rows()), data.classes, data.train);
  train.features.bytes = {};  // before the test split is read
  if (!test_.empty()) {
    const Pair test = read_pair(folder, test_, Read::kAll);
    check_test(train, test);
    fill(test, test.features.rows(), data.classes, data.test);
  }
  return loaded;
}

DataSpec::Outline ArraySource::outline(const std::string& folder) const {
  const Pair train = read_pair(folder, train_, Read::kHeader);
  Index test_count = 0;
  if (!test_.empty()) {
    const Pair test = read_pair(folder, test_, Read::kHeader);
    check_test(train, test);
    test_count = test.features.rows();
  }
  const Index classes = classes_in(train);
  return outline_of(example_shape(train.features), classes, classes > 0 ? 0 : target_outputs(train.labels), train.features.rows(),
                    preparation, test_rows(), test_count);
}

template Loaded<float> ArraySource::rows<float>(std::uint64_t, const std::string&) const;
template Loaded<double> ArraySource::rows<double>(std::uint64_t, const std::string&) const;

}  // namespace normrun::data::sources
