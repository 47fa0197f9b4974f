// csv: a table of numbers with one column of class labels or of numbers to predict (RFC 4180).  If there is a `sequence` column, the rows
// of each sequence make one example of shape (steps, features).  It is padded with zeros to the longest sequence or to `pad_to` steps.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "data/csv_classes.hpp"
#include "data/csv_encoder.hpp"
#include "data/csv_examples.hpp"
#include "data/csv_profile.hpp"
#include "data/source.hpp"
#include "data/sources/members.hpp"
#include "files/input_file.hpp"

namespace normrun::data::sources {
namespace {

/// Moves the labels of a separate file into `table`, row by row.
void take_labels(InputTable labels, InputTable& table) {
  if (labels.rows != table.rows) {
    throw Error(
        ExitCode::kDamaged,
        {labels.path, "holds " + std::to_string(labels.rows) + " labels for the " + std::to_string(table.rows) + " rows of " + table.path,
         "give the two files that belong together"});
  }
  table.label_count = labels.label_count;
  table.label_names = std::move(labels.label_names);
  table.numbers = std::move(labels.numbers);
  table.label_ids = std::move(labels.label_ids);
  table.labels = std::move(labels.labels);
  table.unlabelled = labels.unlabelled;
  table.notes.insert(table.notes.end(), labels.notes.begin(), labels.notes.end());
}

/// Adds notes on classes that a person would take for one class and the program takes for two.
void note_alike_classes(const std::string& path, const std::vector<std::string>& words, std::vector<std::string>& notes) {
  const auto same_letter = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
  };
  std::size_t numbers = 0;
  std::string missing;
  for (std::size_t a = 0; a < words.size(); ++a) {
    if (CellReader().read_plain(words[a]).reading == CellReading::kNumber) ++numbers;
    if (is_usual_missing(words[a])) missing = words[a];
    for (std::size_t b = a + 1; b < words.size() && words.size() <= 100; ++b) {
      if (!std::equal(words[a].begin(), words[a].end(), words[b].begin(), words[b].end(), same_letter)) continue;
      notes.push_back(path + ": the classes \"" + words[a] + "\" and \"" + words[b] + "\" differ only in upper and lower case");
    }
  }
  if (numbers + 1 == words.size() && !missing.empty()) {
    notes.push_back(path + ": \"" + missing + "\" counts as a class beside numbers; \"missing\": [\"" + missing +
                    "\"], \"unlabelled\": \"drop\" leaves its rows out");
  }
}

/// Throws Error(kDamaged) if every weight is 0, because then there is nothing to learn from.
void refuse_no_weight(const InputTable& table) {
  if (std::any_of(table.weights.begin(), table.weights.end(), [](double weight) { return weight > 0.0; }) || table.weights.empty()) return;
  throw Error(ExitCode::kDamaged, {table.path, "every weight is 0", "name another column as \"weights\", or leave it out"});
}

/// Throws Error(kDamaged) if the labels hold a single class: no network could learn anything from it.
void refuse_single_class(const InputTable& table, const CsvClasses& classes) {
  if (classes.count() != 1) return;
  const std::string name = table.label_names.empty() || table.label_names[0].empty() ? "" : " \"" + table.label_names[0] + '"';
  throw Error(ExitCode::kDamaged, {table.path, "the label column" + name + " holds only one class, \"" + classes.words()[0] + '"',
                                   "name another column as \"label\", or give a file with two classes"});
}

class Csv final : public SourceOf<Csv> {
 public:
  template <class T>
  Loaded<T> rows(const std::string& folder) const {
    Loaded<T> loaded;
    loaded.test_rows = test_rows();
    loaded.impute = options_.impute;
    Dataset<T>& data = loaded.data;
    Files files = read(folder);
    refuse_no_weight(files.train.table());
    const CsvClasses classes(files.train.table(), options_.classes);
    data.shape = shape_of(files);
    data.input_names = files.encoder.feature_names();
    data.classes = classes.count();
    data.class_words = classes.words();
    data.label_shape = label_shape(data.shape);
    data.outputs = data.classes > 0 ? 0 : files.train.table().label_count;
    if (data.outputs > 0) data.target_names = files.train.table().label_names;
    if (data.outputs > 0 && standardize_target_) loaded.target_scaling = TargetScaling::kStandardized;
    fill(files.encoder, files.train, classes, preparation.limited(files.train.count()), data.shape, data.train);
    if (files.test) fill(files.encoder, *files.test, classes, files.test->count(), data.shape, data.test);
    return loaded;
  }
  bool depends_on_seed() const override { return splits_by_seed(preparation, test_rows()); }

  Outline outline(const std::string& folder) const override {
    const Files files = read(folder);
    const CsvClasses classes(files.train.table(), options_.classes);
    const Index outputs = classes.count() > 0 ? 0 : files.train.table().label_count;
    Outline outline = outline_of(shape_of(files), classes.count(), outputs, files.train.count(), preparation, test_rows(),
                                 files.test ? files.test->count() : 0);
    outline.label_shape = label_shape(outline.shape);
    outline.classes_are_fractions = classes.count() > 0 && classes.are_fractions();
    refuse_single_class(files.train.table(), classes);
    refuse_no_weight(files.train.table());
    outline.class_words = classes.words();
    outline.notes = files.train.table().notes;
    note_alike_classes(files.train.table().path, classes.words(), outline.notes);
    outline.notes.insert(outline.notes.end(), files.encoder.notes().begin(), files.encoder.notes().end());
    return outline;
  }

  std::vector<ColumnProfile> columns(const std::string& folder) const override {
    const Files files = read(folder);
    return profiles_of(files.train.table(), files.encoder, CsvClasses(files.train.table(), options_.classes));
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.text({"path", "one file, of which test_fraction is held out; relative to the config file's folder, plain or gzip"}, path_);
    visitor.text({"train", "the training file, instead of path"}, train_);
    visitor.text({"test", "the test file, which goes with train"}, test_);
    visitor.text({"labels", "a file with only the training rows' labels, row by row; absent: a column of the file"}, labels_);
    visitor.text({"test_labels", "a file with only the test rows' labels, row by row"}, test_labels_);
    visitor.require(path_.empty() != train_.empty(), "", "either \"path\": one file, or \"train\" (and \"test\")");
    visitor.require(test_.empty() || !train_.empty(), "test", "a \"train\" file beside it");
    visitor.require(test_labels_.empty() == (labels_.empty() || test_.empty()), "test_labels",
                    "both \"labels\" and \"test_labels\" beside a \"test\" file");
    options_.describe(visitor);
    visitor.flag({"standardize_target",
                  "numbers to predict get mean 0 and standard deviation 1 (ddof 0) over the training split; losses and errors are reported "
                  "in the file's units"},
                 standardize_target_);
    visitor.require(!standardize_target_ || options_.target == CsvTarget::kNumber, "standardize_target",
                    "\"target\": \"number\" beside it");
    visitor.integer({"pad_to", "the number of steps to which zeros pad every sequence; absent: that of the longest sequence in both files"},
                    pad_to_, {.low = 1, .high = Index{1} << 20});
    visitor.require(options_.has_sequences() || !options_.has_times(), "time", "a \"sequence\" column beside it");
    visitor.require(options_.has_sequences() || !pad_to_, "pad_to", "a \"sequence\" column beside it");
    visitor.choice<LabelOf>({"label_of", "what has a label (and a weight): a whole sequence, the same in all of its rows, or each step"},
                            label_of_, {{"sequence", LabelOf::kSequence}, {"step", LabelOf::kStep}});
    visitor.require(label_of_ == LabelOf::kSequence || (options_.has_sequences() && options_.target == CsvTarget::kClass), "label_of",
                    "\"step\" needs a \"sequence\" column and classes to predict");
  }

 private:
  const std::string& train_path() const { return train_.empty() ? path_ : train_; }
  TestRows test_rows() const { return test_.empty() ? TestRows::kHeldOut : TestRows::kOwn; }

  struct Files {
    CsvEncoder encoder;
    CsvExamples train;
    std::optional<CsvExamples> test;
  };
  Files read(const std::string& folder) const {
    InputTable train = read_table(folder, train_path(), labels_);
    CsvEncoder encoder(train, options_);
    std::vector<Index> kept = encoder.kept_rows(train);
    Files files{std::move(encoder), CsvExamples(std::move(train), std::move(kept), label_of_), std::nullopt};
    if (test_.empty()) return files;
    InputTable test = read_table(folder, test_, test_labels_);
    check_test(files.train.table(), test);
    files.encoder.check(test);
    std::vector<Index> test_kept = files.encoder.kept_rows(test);
    files.test.emplace(std::move(test), std::move(test_kept), label_of_);
    return files;
  }

  InputTable read_table(const std::string& folder, const std::string& path, const std::string& labels_path) const {
    CsvOptions options = options_;
    options.part = labels_path.empty() ? CsvPart::kWhole : CsvPart::kInputs;
    InputTable table = read_csv(files::resolve_path(folder, path), options);
    if (labels_path.empty()) return table;
    options.part = CsvPart::kLabels;
    take_labels(read_csv(files::resolve_path(folder, labels_path), options), table);
    return table;
  }

  Shape label_shape(const Shape& example) const { return label_of_ == LabelOf::kStep ? Shape{example.dims().front()} : Shape(); }

  Shape shape_of(const Files& files) const {
    const InputTable& table = files.train.table();
    if (!files.train.are_sequences()) return {files.encoder.width()};
    const Index longest = std::max(files.train.longest(), files.test ? files.test->longest() : 0);
    const Index steps = pad_to_.value_or(longest);
    if (steps < longest) {
      throw Error(ExitCode::kUsage, {table.path,
                                     "a sequence, here or in the test file, has " + std::to_string(longest) + " steps, but pad_to is " +
                                         std::to_string(steps),
                                     "raise pad_to or leave it out"});
    }
    Index size = 0;
    if (!checked_product(steps, files.encoder.width(), size) || size > Shape::kMaxSize) {
      throw Error(ExitCode::kUsage, {table.path, "its sequences would have more than 2^31 numbers each", "lower pad_to"});
    }
    return {steps, files.encoder.width()};
  }

  void check_test(const InputTable& train, const InputTable& test) const {
    if (test.columns != train.columns) {
      throw Error(
          ExitCode::kDamaged,
          {test.path, "has " + std::to_string(test.columns) + " columns, but the training file has " + std::to_string(train.columns),
           "give files with the same columns"});
    }
    if (train.names.empty() || test.names.empty()) return;
    for (std::size_t c = 0; c < train.names.size(); ++c) {
      if (test.names[c] == train.names[c]) continue;
      throw Error(ExitCode::kDamaged, {test.path,
                                       "column " + std::to_string(c + 1) + " is \"" + test.names[c] +
                                           "\", but in the training file it is \"" + train.names[c] + '"',
                                       "give files with the same columns"});
    }
  }

  template <class T>
  void fill(const CsvEncoder& encoder, CsvExamples& examples, const CsvClasses& classes, Index count, const Shape& shape,
            Split<T>& split) const {
    const InputTable& table = examples.table();
    const CsvEncoder::Rows rows(encoder, table);
    split.features = allocate_rows<T>(count, shape.size());
    if (classes.count() == 0) split.targets = allocate_rows<T>(count, table.label_count);
    const std::vector<std::int32_t> labels = classes.labels_of(table);
    std::vector<double> numbers(static_cast<std::size_t>(encoder.width()));
    for (Index e = 0; e < count; ++e) {
      const Index length = examples.length(e);
      for (Index step = 0; step < length; ++step) {
        const Index row = examples.row(e, step);
        rows.encode(row, numbers.data(), [this](double raw) { return preparation.prepared(raw); });
        T* const x = split.features.view().row(e) + step * encoder.width();
        for (std::size_t c = 0; c < numbers.size(); ++c)
          x[c] = std::isnan(numbers[c]) ? static_cast<T>(numbers[c]) : checked<T>(numbers[c], table, row);
      }
      if (examples.are_sequences()) split.lengths.push_back(length);
      const Index first = examples.row(e, 0);
      const Index labelled = label_of_ == LabelOf::kStep ? length : 1;
      for (Index step = 0; step < labelled; ++step) {
        const Index row = examples.row(e, step);
        if (!table.weights.empty()) split.weights.push_back(checked<T>(table.weights[static_cast<std::size_t>(row)], table, row));
        if (classes.count() > 0) split.labels.push_back(labels[static_cast<std::size_t>(row)]);
      }
      const auto all_steps = static_cast<std::size_t>((e + 1) * label_shape(shape).size());
      if (!table.weights.empty()) split.weights.resize(all_steps, T{0});
      if (classes.count() > 0) {
        split.labels.resize(all_steps, kNoLabel);
      } else {
        for (Index j = 0; j < table.label_count; ++j)
          split.targets(e, j) = checked<T>(table.numbers[static_cast<std::size_t>(first * table.label_count + j)], table, first);
      }
      if (!examples.are_sequences()) examples.table().cells.release_before(first);
    }
  }

  template <class T>
  static T checked(double value, const InputTable& table, Index row) {
    const T number = static_cast<T>(value);
    if (!std::isfinite(number)) {
      throw Error(ExitCode::kDamaged, {table.path + " (row " + std::to_string(row + 1) + ')', "a number does not fit the precision",
                                       "set data.scale or \"precision\": \"float64\""});
    }
    return number;
  }

  std::string path_;
  std::string train_;
  std::string test_;
  std::string labels_;
  std::string test_labels_;
  CsvOptions options_;
  bool standardize_target_ = false;
  std::optional<Index> pad_to_;
  LabelOf label_of_ = LabelOf::kSequence;
};

}  // namespace

config::FamilyMember csv() {
  return {"csv", "a table of numbers, or of sequences of them, with one column of classes or numbers to predict, plain or gzip", "RFC 4180",
          [] { return std::make_shared<Csv>(); }};
}

}  // namespace normrun::data::sources
