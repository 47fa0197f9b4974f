#include "data/csv_encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "core/text.hpp"

namespace normrun::data {
namespace {

constexpr std::size_t kListedColumns = 12;
constexpr std::size_t kListedWords = 3;

std::string shortest_digits(double number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Returns 1 for a word that means true, 0 for a word that means false, and -1 for any other word.
int truth_of(const std::string& word) {
  const std::string text = lower_case(word);
  if (text == "true" || text == "yes" || text == "t" || text == "y") return 1;
  return text == "false" || text == "no" || text == "f" || text == "n" ? 0 : -1;
}

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string first_words(const InputColumn& column) {
  std::string text;
  for (std::size_t w = 0; w < std::min(kListedWords, column.words.size()); ++w)
    text += (w > 0 ? ", " : "") + quoted_name(shortened(column.words[w].text, 30));
  return text + (column.words.size() > kListedWords ? ", …" : "");
}

/// Sorts a list of numbers by value, and any other list by bytes.
void sort_categories(std::vector<std::string>& words) {
  const CellReader reader;
  const bool are_numbers = std::all_of(words.begin(), words.end(),
                                       [&](const std::string& word) { return reader.read_plain(word).reading == CellReading::kNumber; });
  if (!are_numbers) return std::sort(words.begin(), words.end());
  std::sort(words.begin(), words.end(),
            [&](const std::string& a, const std::string& b) { return reader.read_plain(a).value < reader.read_plain(b).value; });
}

}  // namespace

Index number_cells(const InputTable& table, const InputColumn& column) { return table.rows - column.missing - column.word_cells; }

std::string column_list(const InputTable& table, const std::vector<std::size_t>& inputs) {
  std::string list;
  for (const std::size_t c : inputs) {
    const InputColumn& column = table.inputs[c];
    list += (list.empty() ? "" : ", ") + (column.name.empty() ? std::to_string(column.place) : quoted_name(column.name));
  }
  return "[" + list + "]";
}

std::vector<std::string> categories_of(const InputTable& table, std::size_t input, Index limit) {
  const InputColumn& column = table.inputs[input];
  std::vector<std::string> words;
  for (const ColumnWord& word : column.words) words.push_back(word.text);
  if (number_cells(table, column) == 0) return words;
  std::set<double> numbers;
  for (Index row = 0; row < table.rows && static_cast<Index>(numbers.size()) <= limit; ++row) {
    const CellValue cell = table.cells.row(row)[input];
    if (cell.kind() == CellValue::Kind::kNumber) numbers.insert(cell.number() == 0.0 ? 0.0 : cell.number());
  }
  for (const double number : numbers) words.push_back(shortest_digits(number));
  return words;
}

CsvEncoder::CsvEncoder(const InputTable& train, const CsvOptions& options) : options_(options), columns_(train.inputs.size()) {
  for (const InputColumn& column : train.inputs)
    names_.push_back(column.name.empty() ? "column " + std::to_string(column.place) : column.name);
  for (std::size_t c = 0; c < columns_.size(); ++c) decide(train, c);
  refuse_problems(train);
  for (const EncodedColumn& column : columns_) width_ += column.width;
  if (width_ == 0) {
    throw Error(ExitCode::kDamaged,
                {train.path, "no column is left for the inputs", "keep words or dates: \"categories\": \"one-hot\", \"dates\": \"parts\""});
  }
  note_categories(train);
}

void CsvEncoder::decide(const InputTable& table, std::size_t c) {
  const InputColumn& column = table.inputs[c];
  if (static_cast<Index>(c) == table.index_column) {
    const std::string what = table.is_index_counting ? " counts the rows" : " has no name and stands first, as an index does";
    return leave_out(table, c, what + ": it is no input (\"index\": \"keep\" makes it one)");
  }
  if (column.missing == table.rows) {
    return add_problem(table, c, column.first_missing, "the column holds no value", "leave the column out");
  }
  const Index numbers = number_cells(table, column);
  if (column.is_category || column.word_cells > numbers) {
    decide_words(table, c);
  } else if (column.word_cells > 0) {
    const ColumnWord& word = column.words[0];
    const bool may_be_header = table.names.empty() && word.first.row == 1;
    const std::string more = column.words.size() == 1 ? ""
                                                      : " (words in " + std::to_string(column.word_cells) + " of " +
                                                            std::to_string(table.rows) + " rows: " + first_words(column) + ")";
    add_problem(table, c, word.first, quoted_name(shortened(word.text, 40)) + " is no number" + more,
                std::string(may_be_header ? "set \"header\": true if the first line names the columns, " : "") +
                    "count the word as missing (\"missing\": [" + quoted_name(shortened(word.text, 60)) +
                    "]), treat all cells as words (\"category_columns\": " + column_list(table, {c}) +
                    "), correct the cell, or leave the column out");
  }
  if (columns_[c].code != ColumnCode::kLeftOut) check_missing(table, c);
}

void CsvEncoder::decide_words(const InputTable& table, std::size_t c) {
  const InputColumn& column = table.inputs[c];
  if (column.word_cells > 0 && column.are_dates && number_cells(table, column) == 0 && !column.is_category) return decide_dates(table, c);
  if (is_boolean(table, c)) {
    columns_[c].code = ColumnCode::kBoolean;
    return;
  }
  if (options_.categories == CsvCategories::kIgnore && !column.is_category) return leave_out(table, c, " holds words and is left out");
  if (options_.categories == CsvCategories::kError && !column.is_category) {
    return add_problem(table, c, column.words[0].first, "the column holds words (" + first_words(column) + ")",
                       "set \"categories\": \"one-hot\", or leave the column out");
  }
  decide_categories(table, c);
}

void CsvEncoder::decide_dates(const InputTable& table, std::size_t c) {
  const InputColumn& column = table.inputs[c];
  if (options_.dates == CsvDates::kIgnore)
    return leave_out(table, c, " holds dates and is left out (\"dates\": \"parts\" takes year, month, day and weekday)");
  columns_[c].code = ColumnCode::kDateParts;
  columns_[c].width = (column.has_days ? 4 : 0) + (column.has_times ? 2 : 0);
}

bool CsvEncoder::is_boolean(const InputTable& table, std::size_t c) const {
  const InputColumn& column = table.inputs[c];
  if (number_cells(table, column) > 0 || column.is_category || column.has_more_words || column.words.empty()) return false;
  const auto says_truth = [](const ColumnWord& word) { return truth_of(word.text) >= 0; };
  if (!std::all_of(column.words.begin(), column.words.end(), says_truth)) return false;
  const std::size_t length = column.words[0].text.size();
  const bool are_letters = length == 1;
  return std::all_of(column.words.begin(), column.words.end(),
                     [&](const ColumnWord& word) { return (word.text.size() == 1) == are_letters; });
}

void CsvEncoder::decide_categories(const InputTable& table, std::size_t c) {
  const InputColumn& column = table.inputs[c];
  std::vector<std::string> categories = categories_of(table, c, options_.category_limit);
  const bool is_too_wide = column.has_more_words || static_cast<Index>(categories.size()) > options_.category_limit;
  if (is_too_wide && options_.categories == CsvCategories::kAuto && !column.is_category) {
    return leave_out(
        table, c, " holds more than " + std::to_string(options_.category_limit) + " different words and is left out (\"category_limit\")");
  }
  if (is_too_wide) {
    const CellPlace at = column.words.empty() ? CellPlace{{}, 1} : column.words[0].first;
    return add_problem(table, c, at, "the column holds more than " + std::to_string(options_.category_limit) + " different words",
                       "raise \"category_limit\", or leave the column out");
  }
  sort_categories(categories);
  columns_[c].code = ColumnCode::kOneHot;
  columns_[c].width = static_cast<Index>(categories.size());
  columns_[c].categories = std::move(categories);
}

void CsvEncoder::leave_out(const InputTable& table, std::size_t c, const std::string& reason) {
  columns_[c] = {.code = ColumnCode::kLeftOut, .width = 0, .categories = {}, .reason = reason};
  notes_.push_back(table.path + ": " + table.inputs[c].text() + reason);
}

void CsvEncoder::check_missing(const InputTable& table, std::size_t c) {
  const InputColumn& column = table.inputs[c];
  if (column.missing == 0 || options_.impute != Impute::kError) return;
  const std::string what = column.missing_word.empty() ? "the cell is empty" : quoted_name(column.missing_word) + " is a missing value";
  const std::string count = column.missing == 1 ? ""
                                                : " (" + std::to_string(column.missing) + " of " + std::to_string(table.rows) +
                                                      " cells of the column are missing)";
  add_problem(table, c, column.first_missing, what + count,
              "set \"impute\": \"mean\", \"median\", \"zero\" or \"drop-row\", or leave the column out");
}

void CsvEncoder::add_problem(const InputTable& table, std::size_t c, const CellPlace& at, const std::string& what,
                             const std::string& cure) {
  findings_.push_back({c, {table.where(table.inputs[c], at), what, cure}});
}

void CsvEncoder::refuse_problems(const InputTable& table) const {
  if (findings_.empty()) return;
  std::vector<std::size_t> columns;
  for (const Finding& finding : findings_) {
    if (columns.empty() || columns.back() != finding.column) columns.push_back(finding.column);
  }
  std::vector<Problem> problems;
  for (const Finding& finding : findings_) {
    Problem problem = finding.problem;
    problem.hint +=
        ": \"ignore\": " + column_list(table, columns.size() > kListedColumns ? std::vector<std::size_t>{finding.column} : columns);
    problems.push_back(std::move(problem));
  }
  throw Error(ExitCode::kDamaged, problems);
}

void CsvEncoder::note_categories(const InputTable& table) {
  std::string list;
  std::size_t count = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].code != ColumnCode::kOneHot) continue;
    if (++count <= kListedColumns) list += (list.empty() ? "" : ", ") + names_[c] + " (" + std::to_string(columns_[c].width) + ")";
  }
  if (count > kListedColumns) list += " and " + std::to_string(count - kListedColumns) + " more";
  if (count > 0) notes_.push_back(table.path + ": words became one-hot inputs: " + list);
}

std::vector<std::string> CsvEncoder::feature_names() const {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const EncodedColumn& column = columns_[c];
    switch (column.code) {
      case ColumnCode::kNumber:
      case ColumnCode::kBoolean:
        names.push_back(names_[c]);
        break;
      case ColumnCode::kOneHot:
        for (const std::string& word : column.categories) names.push_back(names_[c] + "=" + word);
        break;
      case ColumnCode::kDateParts:
        if (column.width != 2) {
          for (const char* const part : {".year", ".month", ".day", ".weekday"}) names.push_back(names_[c] + part);
        }
        if (column.width != 4) {
          for (const char* const part : {".hour", ".minute"}) names.push_back(names_[c] + part);
        }
        break;
      case ColumnCode::kLeftOut:
        break;
    }
  }
  return names;
}

void CsvEncoder::check(const InputTable& table) const {
  CsvEncoder found = *this;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const InputColumn& column = table.inputs[c];
    const ColumnCode code = columns_[c].code;
    if (code == ColumnCode::kLeftOut) continue;
    const auto refuse_word = [&](const ColumnWord& word, const std::string& what) {
      found.add_problem(table, c, word.first, quoted_name(shortened(word.text, 40)) + what,
                        "correct the cell, or leave the column out of both files");
    };
    if (code == ColumnCode::kNumber && column.word_cells > 0) refuse_word(column.words[0], " is no number");
    if (code == ColumnCode::kDateParts && (!column.are_dates || number_cells(table, column) > 0))
      found.add_problem(table, c, {{}, 1}, "not every cell is a date", "correct the other cells, or leave the column out of both files");
    for (const ColumnWord& word : column.words) {
      if (code == ColumnCode::kBoolean && truth_of(word.text) < 0) refuse_word(word, " is neither true nor false");
    }
    found.check_missing(table, c);
    if (code != ColumnCode::kOneHot || options_.unknown_words == CsvUnknownWords::kZeros) continue;
    const std::vector<std::string>& known = columns_[c].categories;
    for (const std::string& word : categories_of(table, c, Index{1} << 20)) {
      if (std::find(known.begin(), known.end(), word) != known.end()) continue;
      const auto at = std::find_if(column.words.begin(), column.words.end(), [&](const ColumnWord& other) { return other.text == word; });
      found.add_problem(table, c, at == column.words.end() ? CellPlace{{}, 1} : at->first,
                        quoted_name(word) + " does not occur in the training file",
                        "set \"unknown_words\": \"zeros\", or leave the column out");
      break;
    }
  }
  found.refuse_problems(table);
}

std::vector<Index> CsvEncoder::kept_rows(const InputTable& table) const {
  std::vector<Index> kept;
  std::vector<std::size_t> watched;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (options_.impute == Impute::kDropRow && columns_[c].code != ColumnCode::kLeftOut && table.inputs[c].missing > 0)
      watched.push_back(c);
  }
  const auto has_label = [&](Index row) {
    if (!table.label_ids.empty()) return table.label_ids[static_cast<std::size_t>(row)] != InputTable::kNoLabel;
    if (table.label_count == 0) return true;
    const double* const first = table.numbers.data() + row * table.label_count;
    return std::none_of(first, first + table.label_count, [](double number) { return number != number; });
  };
  for (Index row = 0; row < table.rows; ++row) {
    const CellRows::Row cells = table.cells.row(row);
    const bool is_complete =
        std::none_of(watched.begin(), watched.end(), [&](std::size_t c) { return cells[c].kind() == CellValue::Kind::kMissing; });
    if (is_complete && (table.unlabelled == 0 || has_label(row))) kept.push_back(row);
  }
  if (kept.empty()) {
    throw Error(ExitCode::kDamaged, {table.path, "no row is left: every row has a missing cell",
                                     "set \"impute\": \"mean\", or leave out the columns with the most missing cells"});
  }
  return kept;
}

CsvEncoder::Rows::Rows(const CsvEncoder& encoder, const InputTable& table)
    : encoder_(encoder), table_(table), slots_(table.inputs.size()), number_slots_(table.inputs.size()) {
  const CellReader reader;
  for (std::size_t c = 0; c < slots_.size(); ++c) {
    const std::vector<std::string>& categories = encoder.columns_[c].categories;
    std::unordered_map<std::string, Index> places;
    for (std::size_t i = 0; i < categories.size(); ++i) {
      places.emplace(categories[i], static_cast<Index>(i));
      const CellNumber number = reader.read_plain(categories[i]);
      if (number.reading == CellReading::kNumber) number_slots_[c].emplace(number.value, static_cast<Index>(i));
    }
    for (const ColumnWord& word : table.inputs[c].words) {
      if (encoder.columns_[c].code == ColumnCode::kBoolean) {
        slots_[c].push_back(truth_of(word.text));
      } else {
        const auto found = places.find(word.text);
        slots_[c].push_back(found == places.end() ? -1 : found->second);
      }
    }
  }
}

double CsvEncoder::Rows::missing_number() { return std::numeric_limits<double>::quiet_NaN(); }

void CsvEncoder::Rows::encode_other(std::size_t c, CellValue cell, double* out) const {
  const EncodedColumn& column = encoder_.columns_[c];
  if (column.code == ColumnCode::kDateParts) return encode_date(c, cell, out);
  Index slot = -1;
  if (cell.kind() == CellValue::Kind::kWord && cell.word() < slots_[c].size()) slot = slots_[c][cell.word()];
  if (column.code == ColumnCode::kBoolean) {
    *out = slot < 0 ? missing_number() : static_cast<double>(slot);
    return;
  }
  if (cell.kind() == CellValue::Kind::kNumber) {
    const auto found = number_slots_[c].find(cell.number());
    if (found != number_slots_[c].end()) slot = found->second;
  }
  std::fill(out, out + column.width, 0.0);
  if (slot >= 0) out[slot] = 1.0;
}

void CsvEncoder::Rows::encode_date(std::size_t c, CellValue cell, double* out) const {
  const Index width = encoder_.columns_[c].width;
  std::fill(out, out + width, missing_number());
  if (cell.kind() != CellValue::Kind::kDate && cell.kind() != CellValue::Kind::kWord) return;
  double seconds = 0.0;
  if (cell.kind() == CellValue::Kind::kDate) {
    seconds = cell.seconds();
  } else {
    const std::optional<CellDate> date =
        cell.word() < table_.inputs[c].words.size() ? read_date(table_.inputs[c].words[cell.word()].text) : std::nullopt;
    if (!date) return;
    seconds = date->seconds;
  }
  const DateParts parts = parts_of_date(seconds);
  if (width != 2) {
    for (const int part : {parts.year, parts.month, parts.day, parts.weekday}) *out++ = part;
  }
  if (width != 4) {
    for (const int part : {parts.hour, parts.minute}) *out++ = part;
  }
}

}  // namespace normrun::data
