#pragma once

#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "data/impute.hpp"

namespace normrun::data {

enum class CsvHeader {
  kAuto,  // first_record_names() decides from the first line and the columns below it
  kYes,
  kNo,
};
enum class CsvTarget { kClass, kNumber };
enum class CsvIndex { kAuto, kKeep };
enum class CsvCategories {
  kAuto,    // one-hot, but a column with more different words than the limit is left out with a note
  kOneHot,  // one-hot, but a column with more different words than the limit is an error
  kIgnore,
  kError,
};
enum class CsvDates { kIgnore, kParts };
enum class CsvUnknownWords { kZeros, kError };
enum class CsvEncoding { kAuto, kUtf8, kUtf16, kLatin1 };
/// What happens to a row whose label is missing.
enum class CsvUnlabelled { kError, kDrop };

/// What a file holds; its labels may be in another file.  kInspected means that the file may hold anything, and that every column is
/// examined.
enum class CsvPart { kWhole, kInputs, kLabels, kInspected };

/// How a CSV file is read.  Columns are given by name or by index, and negative indices count from the end.
struct CsvOptions {
  CsvHeader header = CsvHeader::kAuto;
  std::vector<config::Count> label = {{.word = {}, .value = -1}};
  CsvTarget target = CsvTarget::kClass;
  std::vector<std::string> classes;        // the words of all classes, in their order; empty: those that the training rows have
  config::Count sequence{.word = "none"};  // the column that says which sequence a row belongs to; "none": each row is an example
  config::Count time{.word = "none"};      // the column that orders a sequence's rows; "none": they keep the file's order
  config::Count weights{.word = "none"};   // the column of the rows' weights in the training loss; "none": all rows weigh 1
  std::vector<config::Count> ignore;       // columns that are not read; a name may be a pattern ("pixel*")

  std::string delimiter = "auto";
  std::string decimal = "auto";
  std::string thousands;
  std::string comment = "auto";
  Index skip_rows = 0;
  CsvEncoding encoding = CsvEncoding::kAuto;
  CsvIndex index = CsvIndex::kAuto;

  CsvCategories categories = CsvCategories::kAuto;
  std::vector<config::Count> category_columns;  // columns whose cells are words even if they look like numbers
  Index category_limit = 50;
  CsvUnknownWords unknown_words = CsvUnknownWords::kZeros;
  CsvDates dates = CsvDates::kIgnore;
  std::vector<std::string> missing;  // words for missing values, in addition to the usual ones
  Impute impute = Impute::kError;
  CsvUnlabelled unlabelled = CsvUnlabelled::kError;
  CsvPart part = CsvPart::kWhole;

  bool has_label_column() const { return part == CsvPart::kWhole || part == CsvPart::kLabels; }
  bool has_sequences() const { return sequence.word != "none"; }
  bool has_times() const { return time.word != "none"; }
  bool has_weights() const { return weights.word != "none"; }
  bool drops_unlabelled() const { return unlabelled == CsvUnlabelled::kDrop || impute == Impute::kDropRow; }
  void describe(config::OptionVisitor& visitor);
};

}  // namespace normrun::data
