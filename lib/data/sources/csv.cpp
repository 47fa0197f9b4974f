// csv: a table of numbers with one column of class labels or of numbers to predict (RFC 4180).  With a `sequence` column the
// rows of a sequence are one example of shape (steps, features), padded with zeros to the longest, or to `pad_to` steps.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "data/csv_examples.hpp"
#include "data/source.hpp"
#include "data/sources/members.hpp"
#include "files/input_file.hpp"

namespace normrun::data::sources {
namespace {

class Csv final : public SourceOf<Csv> {
 public:
  template <class T>
  Loaded<T> rows(std::uint64_t /*seed*/, const std::string& folder) const {
    Loaded<T> loaded;
    loaded.test_rows = test_rows();
    Dataset<T>& data = loaded.data;
    const Files files = read(folder);
    const CsvClasses classes(files.train.table());
    data.shape = shape_of(files);
    data.classes = classes.count();
    data.outputs = data.classes > 0 ? 0 : 1;
    fill(files.train, classes, preparation.limited(files.train.count()), data.shape, data.train);
    if (files.test) fill(*files.test, classes, files.test->count(), data.shape, data.test);
    return loaded;
  }
  bool depends_on_seed() const override { return splits_by_seed(preparation, test_rows()); }

  Outline outline(const std::string& folder) const override {
    const Files files = read(folder);
    const CsvClasses classes(files.train.table());
    Outline outline = outline_of(shape_of(files), classes.count(), classes.count() > 0 ? 0 : 1, files.train.count(), preparation,
                                 test_rows(), files.test ? files.test->count() : 0);
    outline.classes_are_fractions = classes.count() > 0 && classes.are_fractions();
    return outline;
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.text({"path", "one file, of which test_fraction is held out; relative to the config file's folder, plain or gzip"}, path_);
    visitor.text({"train", "the training file, instead of path"}, train_);
    visitor.text({"test", "the test file, beside train"}, test_);
    visitor.require(path_.empty() != train_.empty(), "", "either \"path\": one file, or \"train\" (and \"test\")");
    visitor.require(test_.empty() || !train_.empty(), "test", "a \"train\" file beside it");
    visitor.choice<CsvHeader>(
        {"header", "whether the first line names the columns; auto: it does where no cell of it but the label is a number"},
        options_.header, {{"auto", CsvHeader::kAuto}, {"true", CsvHeader::kYes}, {"false", CsvHeader::kNo}});
    visitor.count({"label", "the column to predict: its name or its index from 0; negative ones count from the end"}, options_.label, {},
                  {});
    visitor.choice<CsvTarget>(
        {"target", "class: the label column holds classes, words or whole numbers, numbered in their order; number: numbers to predict"},
        options_.target, {{"class", CsvTarget::kClass}, {"number", CsvTarget::kNumber}});
    visitor.count({"sequence", "the column that says which sequence a row is a step of, its name or index; none: each row is an example"},
                  options_.sequence, {}, {});
    visitor.count({"time", "the column that orders the steps of a sequence, its name or index; none: the file's order"}, options_.time, {},
                  {});
    visitor.texts({"ignore", "names of columns that are not read: identifiers, dates, words"}, options_.ignore);
    visitor.integer({"pad_to", "steps that every sequence is padded to with zeros; absent: the longest of both files"}, pad_to_,
                    {.low = 1, .high = Index{1} << 20});
    visitor.require(options_.has_sequences() || !options_.has_times(), "time", "a \"sequence\" column beside it");
    visitor.require(options_.has_sequences() || !pad_to_, "pad_to", "a \"sequence\" column beside it");
  }

 private:
  const std::string& train_path() const { return train_.empty() ? path_ : train_; }
  TestRows test_rows() const { return test_.empty() ? TestRows::kHeldOut : TestRows::kOwn; }

  struct Files {
    CsvExamples train;
    std::optional<CsvExamples> test;
  };
  Files read(const std::string& folder) const {
    Files files{CsvExamples(read_csv(files::resolve_path(folder, train_path()), options_)), std::nullopt};
    if (test_.empty()) return files;
    CsvTable test = read_csv(files::resolve_path(folder, test_), options_);
    check_test(files.train.table(), test);
    files.test.emplace(std::move(test));
    return files;
  }

  Shape shape_of(const Files& files) const {
    const CsvTable& table = files.train.table();
    if (!files.train.are_sequences()) return {table.feature_count};
    const Index longest = std::max(files.train.longest(), files.test ? files.test->longest() : 0);
    const Index steps = pad_to_.value_or(longest);
    if (steps < longest) {
      throw Error(ExitCode::kUsage, {table.path,
                                     "a sequence, here or in the test file, has " + std::to_string(longest) + " steps, and pad_to is " +
                                         std::to_string(steps),
                                     "raise pad_to or leave it out"});
    }
    Index size = 0;
    if (!checked_product(steps, table.feature_count, size) || size > Shape::kMaxSize) {
      throw Error(ExitCode::kUsage, {table.path, "its sequences would have more than 2^31 numbers each", "lower pad_to"});
    }
    return {steps, table.feature_count};
  }

  void check_test(const CsvTable& train, const CsvTable& test) const {
    if (test.columns != train.columns) {
      throw Error(ExitCode::kDamaged,
                  {test.path, "has " + std::to_string(test.columns) + " columns, the training file " + std::to_string(train.columns),
                   "give files with the same columns"});
    }
    if (train.names.empty() || test.names.empty()) return;
    for (std::size_t c = 0; c < train.names.size(); ++c) {
      if (test.names[c] == train.names[c]) continue;
      throw Error(
          ExitCode::kDamaged,
          {test.path, "column " + std::to_string(c + 1) + " is \"" + test.names[c] + "\", in the training file \"" + train.names[c] + '"',
           "give files with the same columns"});
    }
  }

  template <class T>
  void fill(const CsvExamples& examples, const CsvClasses& classes, Index count, const Shape& shape, Split<T>& split) const {
    const CsvTable& table = examples.table();
    split.features = allocate_rows<T>(count, shape.size());
    if (classes.count() == 0) split.targets = allocate_rows<T>(count, 1);
    const std::vector<std::int32_t> labels = classes.labels_of(table);
    for (Index e = 0; e < count; ++e) {
      const Index length = examples.length(e);
      for (Index step = 0; step < length; ++step) {
        fill_row(table, examples.row(e, step), split.features.view().row(e) + step * table.feature_count);
      }
      if (examples.are_sequences()) split.lengths.push_back(length);
      const auto first = static_cast<std::size_t>(examples.row(e, 0));
      if (classes.count() > 0) {
        split.labels.push_back(labels[first]);
      } else {
        split.targets(e, 0) = checked<T>(table.numbers[first], table, static_cast<Index>(first));
      }
    }
  }

  template <class T>
  void fill_row(const CsvTable& table, Index row, T* x) const {
    const double* raw = table.features.data() + row * table.feature_count;
    for (Index c = 0; c < table.feature_count; ++c) x[c] = checked<T>(preparation.prepared(raw[c]), table, row);
  }

  template <class T>
  static T checked(double value, const CsvTable& table, Index row) {
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
  CsvOptions options_;
  std::optional<Index> pad_to_;
};

}  // namespace

config::FamilyMember csv() {
  return {"csv", "a table of numbers, or of sequences of them, with one column of classes or numbers to predict, plain or gzip", "RFC 4180",
          [] { return std::make_shared<Csv>(); }};
}

}  // namespace normrun::data::sources
