// csv: a table of numbers with one column of class labels or of numbers to predict (RFC 4180).
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "data/csv_table.hpp"
#include "data/input_file.hpp"
#include "data/source.hpp"
#include "data/sources/members.hpp"

namespace normrun::sources {
namespace {

class Csv final : public SourceOf<Csv> {
 public:
  template <class T>
  Loaded<T> rows(std::uint64_t /*seed*/, const std::string& folder) const {
    Loaded<T> loaded;
    loaded.test_rows = test_rows();
    Dataset<T>& data = loaded.data;
    const CsvTable train = read_csv(resolve_path(folder, train_path()), options_);
    const CsvClasses classes(train);
    data.shape = Shape{train.feature_count()};
    data.classes = classes.count();
    data.outputs = data.classes > 0 ? 0 : 1;
    fill(train, classes, preparation.limited(train.rows), data.train);
    if (!test_.empty()) {
      const CsvTable test = read_csv(resolve_path(folder, test_), options_);
      check_test(train, test);
      fill(test, classes, test.rows, data.test);
    }
    return loaded;
  }
  bool depends_on_seed() const override { return splits_by_seed(preparation, test_rows()); }

  Outline outline(const std::string& folder) const override {
    const CsvTable train = read_csv(resolve_path(folder, train_path()), options_);
    const Index classes = CsvClasses(train).count();
    Index test_count = 0;
    if (!test_.empty()) {
      const CsvTable test = read_csv(resolve_path(folder, test_), options_);
      check_test(train, test);
      test_count = test.rows;
    }
    return outline_of(Shape{train.feature_count()}, classes, classes > 0 ? 0 : 1, train.rows, preparation, test_rows(), test_count);
  }

 protected:
  void describe_own(OptionVisitor& visitor) override {
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
  }

 private:
  const std::string& train_path() const { return train_.empty() ? path_ : train_; }
  TestRows test_rows() const { return test_.empty() ? TestRows::kHeldOut : TestRows::kOwn; }

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
  void fill(const CsvTable& table, const CsvClasses& classes, Index rows, Split<T>& split) const {
    const Index features = table.feature_count();
    split.features = allocate_rows<T>(rows, features);
    T* x = split.features.view().data;
    for (Index i = 0; i < rows * features; ++i) {
      x[i] = checked<T>(preparation.prepared(table.features[static_cast<std::size_t>(i)]), table, i / features);
    }
    if (classes.count() > 0) {
      split.labels = classes.labels_of(table);
      split.labels.resize(static_cast<std::size_t>(rows));
      return;
    }
    split.targets = allocate_rows<T>(rows, 1);
    for (Index r = 0; r < rows; ++r) split.targets(r, 0) = checked<T>(table.numbers[static_cast<std::size_t>(r)], table, r);
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
};

}  // namespace

FamilyMember csv() {
  return {"csv", "a table of numbers with one column of classes or numbers to predict, plain or gzip", "RFC 4180",
          [] { return std::make_shared<Csv>(); }};
}

}  // namespace normrun::sources
