#include "data/sources/arrays.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "files/input_file.hpp"

namespace normrun::data::sources {
namespace {

std::string_view features_name(ArraySource::Format format) { return format == ArraySource::Format::kIdx ? "images" : "features"; }

/// Fills the padding behind the valid steps with zeros, whatever the file has there.
template <class T>
void clear_padding(const std::vector<Index>& lengths, Index channels, Matrix<T>& features) {
  for (Index row = 0; row < features.rows(); ++row) {
    T* const begin = features.view().row(row);
    std::fill(begin + lengths[static_cast<std::size_t>(row)] * channels, begin + features.cols(), T{0});
  }
}

/// Whether each row has a single 1 among zeros.
bool are_one_hot(const files::NumberArray& labels) {
  Index place = 0;
  for (Index row = 0; row < labels.rows(); ++row) {
    Index ones = 0;
    for (Index i = 0; i < labels.row_size(); ++i) {
      const double number = files::decode_number(labels.number(place++), labels.format);
      if (number != 0.0 && number != 1.0) return false;
      ones += number == 1.0 ? 1 : 0;
    }
    if (ones != 1) return false;
  }
  return true;
}

Index target_outputs(const files::NumberArray& labels) { return labels.row_size(); }

}  // namespace

void ArrayFiles::describe(config::OptionVisitor& visitor) {
  visitor.text({features_name, "path of the inputs, one example in each row; relative to the config file's folder"}, features);
  visitor.text({"labels",
                "path of the labels (whole numbers: one for each example, or one for each of its steps or pixels) or of the numbers to "
                "predict (floating), one row for each example; absent: the rows have none, and nothing can be trained on them"},
               labels);
  visitor.require(labels.empty() || !features.empty(), "", "the file that the labels belong to: " + std::string(features_name));
  if (features_name == "features") {
    visitor.text(
        {"lengths",
         "path of the number of valid steps of each example, whose first axis is time; the steps behind them are padding.  Absent: "
         "every step is valid"},
        lengths);
    visitor.require(lengths.empty() || !features.empty(), "lengths", "a file beside those of the features and the labels");
  }
}

ArraySource::ArraySource(Format format)
    : format_(format), train_(features_name(format)), validation_(features_name(format)), test_(features_name(format)) {
  if (format == Format::kIdx) preparation.scale = 1.0 / 255.0;
}

void ArraySource::describe_own(config::OptionVisitor& visitor) {
  visitor.object({"train", "the training split's files"}, train_);
  visitor.require(
      !train_.empty(), "",
      "the key \"train\": {\"" + std::string(features_name(format_)) + "\": \"…\", \"labels\": \"…\"} with the paths of two files");
  visitor.object({"validation", "the validation split's files; absent: validation_fraction of the training rows are held out"},
                 validation_);
  visitor.require(validation_.empty() || preparation.validation_fraction == 0.0, "validation",
                  "either files of the validation split or a validation_fraction");
  visitor.object({"test", "the test split's files; absent: test_fraction of the training rows are held out"}, test_);
  visitor.require(test_.empty() || train_.lengths.empty() == test_.lengths.empty(), "test", "\"lengths\" in both splits or in none");
  visitor.integer(
      {"classes",
       "number of classes; absent: the largest training label + 1 or, if labels do not begin with 0, the number of different ones"},
      classes_, {.low = 2, .high = Index{1} << 20});
  visitor.integer({"ignore_label",
                   "if each step or pixel has a label: the label of those that count for nothing in losses, scores and comparisons, as "
                   "padded steps do (PyTorch's ignore_index)"},
                  ignore_label_, {.low = -(Index{1} << 31), .high = (Index{1} << 31) - 1});
  visitor.choice<ArrayTarget>({"target",
                               "what the labels are; auto: whole numbers are classes, floating ones numbers to predict; class: floating "
                               "ones are classes too if they are whole"},
                              target_, {{"auto", ArrayTarget::kAuto}, {"class", ArrayTarget::kClass}, {"number", ArrayTarget::kNumber}});
  visitor.flag({"standardize_target",
                "numbers to predict get mean 0 and standard deviation 1 (ddof 0) over the training split; losses and errors are reported "
                "in the file's units"},
               standardize_target_);
  if (format_ == Format::kNpy) {
    visitor.choice<ImageLayout>(
        {"layout", "the order of an image's axes; nhwc: height, width, channels; nchw: channels, height, width, as PyTorch has them"},
        layout_, {{"nhwc", ImageLayout::kNhwc}, {"nchw", ImageLayout::kNchw}}, {{"channels-last", "nhwc"}, {"channels-first", "nchw"}});
  }
}

files::NumberArray ArraySource::read(const std::string& folder, const std::string& path, files::Read read) const {
  const std::string full = files::resolve_path(folder, path);
  return format_ == Format::kIdx ? files::read_idx(full, read) : files::read_npy(full, read);
}

std::vector<std::pair<SplitName, const ArrayFiles*>> ArraySource::given_files() const {
  std::vector<std::pair<SplitName, const ArrayFiles*>> given;
  for (const auto& [split, files] :
       {std::pair(SplitName::kTrain, &train_), std::pair(SplitName::kValidation, &validation_), std::pair(SplitName::kTest, &test_)}) {
    if (!files->empty()) given.emplace_back(split, files);
  }
  return given;
}

ArraySource::Pair ArraySource::leading_pair(const std::string& folder, const Pair& train) const {
  if (!train.labels)
    for (const auto& [split, files] : given_files())
      if (files->has_labels()) return read_pair(folder, *files, files::Read::kHeader);
  return {.features = {}, .labels = train.labels, .lengths = {}, .counted = train.counted};
}

Shape ArraySource::label_shape(const std::optional<files::NumberArray>& labels) const {
  if (!labels || !has_classes(*labels) || labels->row_size() == 1) return {};
  std::vector<Index> dims = labels->row_shape().dims();
  if (dims.back() == 1) dims.pop_back();
  return Shape(std::move(dims));
}

ArraySource::Pair ArraySource::read_pair(const std::string& folder, const ArrayFiles& files, files::Read features) const {
  Pair pair{read(folder, files.features, features), std::nullopt, std::nullopt};
  if (!files.lengths.empty()) pair.lengths = read(folder, files.lengths, files::Read::kAll);
  if (layout_ == ImageLayout::kNchw) move_channels_last(pair.features);
  if (!files.has_labels()) return pair;
  pair.labels = read(folder, files.labels, files::Read::kAll);
  check_labels(pair);
  if (label_shape(pair.labels).rank() > 0)
    pair.counted = counted_labels(*pair.labels, pair.lengths ? lengths_in(pair) : std::vector<Index>(), ignore_label_);
  return pair;
}

void ArraySource::check_labels(const Pair& pair) const {
  const files::NumberArray& labels = *pair.labels;
  if (labels.rows() != pair.features.rows()) {
    throw Error(ExitCode::kDamaged, {labels.path,
                                     "holds " + std::to_string(labels.rows()) + " labels for the " + std::to_string(pair.features.rows()) +
                                         " rows of " + pair.features.path,
                                     "give the two files that belong together"});
  }
  const Shape shape = label_shape(labels);
  if (shape.rank() == 0) return;
  const Shape example = pair.features.row_shape();
  const Index steps = example.rank() > 0 ? example.dims().front() : 1;
  if (shape.dims().front() != steps && are_one_hot(labels)) {
    throw Error(ExitCode::kDamaged, {labels.path, "holds rows of " + std::to_string(labels.row_size()) + " whole numbers",
                                     "a label is one whole number: apply numpy.argmax(labels, axis=1) to one-hot labels, or set "
                                     "\"target\": \"number\" to predict numbers"});
  }
  if (pair.lengths && shape != Shape{steps}) {
    throw Error(ExitCode::kDamaged,
                {labels.path, "holds labels of shape " + shape.text() + " for sequences of " + std::to_string(steps) + " steps",
                 "save one label for each sequence, or one for each of its steps, padded ones included"});
  }
}

void ArraySource::check_alike(const files::NumberArray& train, const std::optional<files::NumberArray>& labels, const Pair& other) const {
  if (other.features.row_shape() != train.row_shape()) {
    throw Error(ExitCode::kDamaged,
                {other.features.path,
                 "has rows of shape " + other.features.row_shape().text() + ", but the training file has " + train.row_shape().text(),
                 "give files of the same width"});
  }
  if (!other.labels || !labels) return;
  if (has_classes(*other.labels) != has_classes(*labels) || other.labels->row_size() != labels->row_size() ||
      label_shape(other.labels) != label_shape(labels)) {
    throw Error(ExitCode::kDamaged,
                {other.labels->path, "has labels of another kind than the training file", "give both as classes or both as numbers"});
  }
}

Shape ArraySource::example_shape(const Pair& pair) const {
  Shape shape = pair.features.row_shape();
  const bool is_grey = format_ == Format::kIdx && shape.rank() == 2;
  if (!is_grey && !(pair.lengths && shape.rank() == 1)) return shape;
  std::vector<Index> dims = shape.dims();
  dims.push_back(1);
  return Shape(std::move(dims));
}

std::vector<Index> ArraySource::lengths_in(const Pair& pair) const {
  const Shape shape = example_shape(pair);
  const files::NumberArray& array = *pair.lengths;
  if (shape.rank() != 2) {
    throw Error(ExitCode::kDamaged, {pair.features.path, "has examples of shape " + shape.text() + ", which \"lengths\" cannot shorten",
                                     "sequences have the shape (time) or (time, features)"});
  }
  if (array.rows() != pair.features.rows() || array.row_size() != 1) {
    throw Error(
        ExitCode::kDamaged,
        {array.path, "has not one length for each of the " + std::to_string(pair.features.rows()) + " rows of " + pair.features.path,
         "give the two files that belong together"});
  }
  std::vector<Index> lengths = to_whole_numbers(array);
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 0 || lengths[i] > shape.dims()[0])
      array.damaged(static_cast<Index>(i), "has length " + std::to_string(lengths[i]),
                    "a length is a whole number from 0 to the " + std::to_string(shape.dims()[0]) + " steps of the rows");
  }
  return lengths;
}

bool ArraySource::has_classes(const files::NumberArray& labels) const {
  return target_ == ArrayTarget::kAuto ? labels.is_integer() : target_ == ArrayTarget::kClass;
}

LabelNumbers ArraySource::classes_in(const Pair& leading) const {
  const std::optional<files::NumberArray>& labels = leading.labels;
  if (!labels || !has_classes(*labels)) return {};
  if (!classes_) return label_numbers(*labels, leading.counted);
  LabelNumbers numbers;
  try {
    numbers = {.classes = *classes_, .values = {}};
    to_labels(*labels, numbers, leading.counted);
  } catch (const Error&) {
    LabelNumbers found = label_numbers(*labels, leading.counted);
    if (found.values.empty() || found.classes > *classes_) throw;
    // Labels of 1 … k are k classes, even if some of them do not occur.
    if (found.values.front() >= 1 && found.values.back() <= *classes_) {
      found.values.resize(static_cast<std::size_t>(*classes_));
      std::iota(found.values.begin(), found.values.end(), std::int64_t{1});
    }
    numbers = found;
    numbers.classes = *classes_;
  }
  return numbers;
}

Preparation ArraySource::preparation_of(const files::NumberArray& features) const {
  Preparation prepared = preparation;
  const bool has_byte_scale = format_ == Format::kIdx && prepared.scale == 1.0 / 255.0;
  if (has_byte_scale && features.format.kind == files::NumberKind::kFloat) prepared.scale = 1.0;
  return prepared;
}

std::vector<std::string> ArraySource::notes_on(const files::NumberArray& features, const std::optional<files::NumberArray>& labels,
                                               const LabelNumbers& numbers) const {
  std::vector<std::string> notes;
  const std::vector<Index>& dims = features.dims;
  if (format_ == Format::kNpy && layout_ == ImageLayout::kNhwc && dims.size() == 4 && dims[1] <= 4 && dims[3] > 4 && dims[2] > 4) {
    notes.push_back(features.path + ": rows of shape " + features.row_shape().text() +
                    " look like images whose channels stand first; \"layout\": \"nchw\" moves them last");
  }
  if (!numbers.values.empty()) {
    notes.push_back(labels->path + ": the labels do not begin with 0; " + std::to_string(numbers.values.front()) + " to " +
                    std::to_string(numbers.values.back()) + " became the classes 0 to " + std::to_string(numbers.values.size() - 1));
  }
  return notes;
}

template <class T>
void ArraySource::fill(const Pair& pair, Index rows, const LabelNumbers& numbers, Split<T>& split) const {
  split.features = to_features<T>(pair.features, rows, preparation_of(pair.features));
  if (pair.lengths) {
    split.lengths = lengths_in(pair);
    split.lengths.resize(static_cast<std::size_t>(rows));
    clear_padding(split.lengths, example_shape(pair).channels(), split.features);
  }
  if (!pair.labels) return;
  if (numbers.classes > 0) {
    split.labels = to_labels(*pair.labels, numbers, pair.counted);
    split.labels.resize(static_cast<std::size_t>(rows * pair.labels->row_size()));
  } else {
    split.targets = to_targets<T>(*pair.labels, rows);
  }
}

template <class T>
Loaded<T> ArraySource::rows(const std::string& folder) const {
  Loaded<T> loaded;
  loaded.test_rows = test_rows();
  Dataset<T>& data = loaded.data;
  Pair train = read_pair(folder, train_, files::Read::kAll);
  data.shape = example_shape(train);
  const Pair leading = leading_pair(folder, train);
  const std::optional<files::NumberArray>& labels = leading.labels;
  const LabelNumbers numbers = classes_in(leading);
  data.classes = numbers.classes;
  data.label_shape = label_shape(labels);
  if (static_cast<Index>(numbers.values.size()) == numbers.classes) data.class_words = numbers.words();
  data.outputs = data.classes > 0 || !labels ? 0 : target_outputs(*labels);
  if (data.outputs > 0 && standardize_target_) loaded.target_scaling = TargetScaling::kStandardized;
  fill(train, preparation.limited(train.features.rows()), numbers, data.train);
  train.features.bytes = {};  // frees the memory before the other splits are read
  for (const auto& [split, files] : given_files()) {
    if (split == SplitName::kTrain) continue;
    const Pair pair = read_pair(folder, *files, files::Read::kAll);
    check_alike(train.features, labels, pair);
    fill(pair, pair.features.rows(), numbers, split == SplitName::kTest ? data.test : data.validation);
  }
  return loaded;
}

DataSpec::Outline ArraySource::outline(const std::string& folder) const {
  const Pair train = read_pair(folder, train_, files::Read::kHeader);
  const Pair leading = leading_pair(folder, train);
  const std::optional<files::NumberArray>& labels = leading.labels;
  Index test_count = 0;
  Index validation_count = 0;
  std::vector<SplitName> unlabelled;
  for (const auto& [split, files] : given_files()) {
    if (!files->has_labels()) unlabelled.push_back(split);
    if (split == SplitName::kTrain) continue;
    const Pair pair = read_pair(folder, *files, files::Read::kHeader);
    check_alike(train.features, labels, pair);
    (split == SplitName::kTest ? test_count : validation_count) = pair.features.rows();
  }
  if (train.lengths) lengths_in(train);
  const LabelNumbers numbers = classes_in(leading);
  Outline outline = outline_of(example_shape(train), numbers.classes, numbers.classes > 0 || !labels ? 0 : target_outputs(*labels),
                               train.features.rows(), preparation, test_rows(), test_count);
  if (validation_count > 0) outline.validation_samples = validation_count;
  outline.label_shape = label_shape(labels);
  outline.unlabelled = std::move(unlabelled);
  if (static_cast<Index>(numbers.values.size()) == numbers.classes) outline.class_words = numbers.words();
  outline.notes = notes_on(train.features, labels, numbers);
  outline.numbers_are_whole = labels && numbers.classes == 0 && target_ == ArrayTarget::kAuto && are_whole(*labels);
  return outline;
}

template Loaded<float> ArraySource::rows<float>(const std::string&) const;
template Loaded<double> ArraySource::rows<double>(const std::string&) const;

}  // namespace normrun::data::sources
