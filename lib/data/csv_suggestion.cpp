#include "data/csv_suggestion.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "config/options/document.hpp"
#include "core/nearest_word.hpp"
#include "data/csv_oddities.hpp"
#include "data/csv_sample.hpp"
#include "data/csv_text.hpp"

namespace normrun::data {
namespace {

constexpr Index kMostNumberClasses = 10;  // more different whole numbers than this count as numbers to predict
constexpr Index kMostSkippedLines = 50;

std::string lower_text(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Returns the number of lines, such as a title, that stand before the table.
Index lines_to_skip(const std::string& path) {
  CsvText text(path, CsvEncoding::kAuto);
  std::string beginning;
  CsvExtent extent = CsvExtent::kBeginning;
  while (beginning.size() < (std::size_t{1} << 18) && extent == CsvExtent::kBeginning) {
    if (!text.read_more(beginning)) extent = CsvExtent::kWhole;
  }
  const CsvSample sample = sniff_csv(path, beginning, extent, CsvOptions{});
  const bool has_title = sample.odd_first_records > 0 && !sample.has_short_header && sample.columns > 1 && sample.records.size() > 2;
  if (has_title) return sample.odd_first_lines <= kMostSkippedLines ? sample.odd_first_lines : 0;
  return first_record_is_alien(sample, CellReader(sample.dialect.decimal, '\0', {})) ? 1 : 0;
}

bool have_thousands(const InputColumn& column, char decimal, char thousands) {
  const CellReader reader(decimal, thousands, {});
  const auto is_number = [&](const ColumnWord& word) { return reader.read_plain(word.text).reading == CellReading::kNumber; };
  return !column.words.empty() && std::all_of(column.words.begin(), column.words.end(), is_number);
}

/// Decides what a comma or a point in numbers such as 1,234 means, and returns whether it decided anything.  Programs separate cells by
/// semicolons where the comma is the decimal mark.
bool choose_marks(CsvSuggestion& found) {
  const char decimal = found.table.dialect.decimal;
  const char thousands = decimal == '.' ? ',' : '.';
  const auto& inputs = found.table.inputs;
  const auto are_grouped = [&](const InputColumn& column) { return have_thousands(column, decimal, thousands); };
  if (std::none_of(inputs.begin(), inputs.end(), are_grouped)) return false;
  if (decimal == '.' && found.table.dialect.delimiter == ';') {
    found.options.decimal = ",";
    found.notes.emplace_back(
        R"(commas in numbers are decimal marks, as cells are separated by ";": if they group digits, write "thousands": "," )"
        R"(in place of "decimal")");
  } else {
    found.options.thousands = std::string(1, thousands);
  }
  return true;
}

/// Returns whether a column holds at least two different values, so that there is something to predict.
bool can_be_predicted(const ColumnFacts& facts) {
  if (facts.values.size() < 2) return false;
  switch (facts.kind) {
    case ColumnKind::kNumber:
    case ColumnKind::kTruth:
    case ColumnKind::kWords:
      return true;
    case ColumnKind::kEmpty:
    case ColumnKind::kIndex:
    case ColumnKind::kIdentifier:
    case ColumnKind::kDates:
    case ColumnKind::kTexts:
    case ColumnKind::kMixed:
      return false;
  }
  return false;
}

bool says_target(const std::string& name) {
  static constexpr std::array<std::string_view, 12> kNames = {"target",  "label",    "labels",    "class",   "y",        "species",
                                                              "outcome", "survived", "diagnosis", "quality", "response", "variety"};
  const std::string lower = lower_text(name);
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

std::size_t find_target(const CsvSuggestion& found, const std::string& target) {
  const auto& inputs = found.table.inputs;
  if (target.empty()) {
    for (std::size_t c = 0; c < inputs.size(); ++c) {
      if (says_target(inputs[c].name) && can_be_predicted(found.facts[c])) return c;
    }
    for (std::size_t c = inputs.size(); c-- > 0;) {
      if (can_be_predicted(found.facts[c])) return c;
    }
    throw Error(ExitCode::kUsage,
                {found.table.path, "no column looks like a target: each has a single value, or holds texts, dates or identifiers",
                 "if one is the target all the same, give --target COLUMN"});
  }
  for (std::size_t c = 0; c < inputs.size(); ++c) {
    if (inputs[c].name == target) return c;
  }
  Index index = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), index);
  const auto count = static_cast<Index>(inputs.size());
  if (error == std::errc() && end == target.data() + target.size()) {
    if (index < 0) index += count;
    if (index >= 0 && index < count) return static_cast<std::size_t>(index);
  }
  std::vector<std::string_view> names;
  names.reserve(inputs.size());
  for (const InputColumn& column : inputs) names.push_back(column.name);
  const std::string near = nearest_word(target, names);
  throw Error(ExitCode::kUsage, {found.table.path, "no column is named \"" + target + '"',
                                 near.empty() ? "`normrun inspect` lists the columns" : "did you mean \"" + near + "\"?"});
}

config::Count column_key(const InputTable& table, std::size_t input) {
  const InputColumn& column = table.inputs[input];
  const bool is_unique =
      std::count_if(table.inputs.begin(), table.inputs.end(), [&](const InputColumn& other) { return other.name == column.name; }) == 1;
  const bool is_plain = column.name.find_first_of("*?") == std::string::npos;
  if (!column.name.empty() && is_unique && is_plain) return {.word = column.name};
  return {.word = {}, .value = column.place};
}

std::string shown_column(const InputTable& table, std::size_t input) { return table.inputs[input].text(); }

std::string counted_rows(Index count, const char* one, const char* many) { return std::to_string(count) + " " + (count == 1 ? one : many); }

/// Decides whether an input column is used, and how.
void decide_input(CsvSuggestion& found, std::size_t c) {
  const InputColumn& column = found.table.inputs[c];
  const ColumnFacts& facts = found.facts[c];
  const auto ignore = [&](const std::string& why) {
    found.options.ignore.push_back(column_key(found.table, c));
    found.notes.push_back(shown_column(found.table, c) + " is left out: " + why);
  };
  switch (facts.kind) {
    case ColumnKind::kIndex:
      return;  // the encoder leaves the column out anyway
    case ColumnKind::kEmpty:
      return ignore("it holds no value");
    case ColumnKind::kIdentifier:
      return ignore("it names the rows");
    case ColumnKind::kTexts:
      if (const std::string mark = mark_of_numbers(column); !mark.empty())
        return ignore("each of its numbers has \"" + mark + "\" beside it: to use the column, write the numbers alone");
      return ignore("it holds more than " + std::to_string(kMostValues - 1) + " different words");
    case ColumnKind::kDates:
      found.options.dates = CsvDates::kParts;
      break;
    case ColumnKind::kMixed: {
      const bool are_marks = column.words.size() == 1 || 20 * column.word_cells <= found.table.rows;
      if (!facts.has_more_values && column.words.size() > 1) {
        found.options.category_columns.push_back(column_key(found.table, c));
        found.notes.push_back(shown_column(found.table, c) + " mixes numbers and words: all of them count as words");
        break;
      }
      if (!are_marks || column.has_more_words || column.words.size() > 5) return ignore("it mixes numbers and words");
      for (const ColumnWord& word : column.words) {
        if (std::find(found.options.missing.begin(), found.options.missing.end(), word.text) == found.options.missing.end())
          found.options.missing.push_back(word.text);
      }
      found.options.impute = Impute::kMean;
      found.notes.push_back(shown_column(found.table, c) + " mixes numbers and words: the words " + word_list(column) +
                            " count as missing values");
      break;
    }
    case ColumnKind::kWords:
      if (const std::string mark = mark_of_numbers(column); !mark.empty())
        found.notes.push_back(shown_column(found.table, c) + " counts as words, because each of its numbers has \"" + mark +
                              "\" beside it: to use the numbers, write them alone");
      break;
    case ColumnKind::kNumber:
    case ColumnKind::kTruth:
      break;
  }
  if (column.missing > 0) found.options.impute = Impute::kMean;
}

/// Notes how many cells the means stand in for.
void note_missing(CsvSuggestion& found, std::size_t c) {
  const InputColumn& column = found.table.inputs[c];
  if (column.missing == 0 || column.missing == found.table.rows) return;
  found.notes.push_back(shown_column(found.table, c) + " lacks " + counted_rows(column.missing, "value", "values") + ": " +
                        (found.facts[c].kind == ColumnKind::kWords ? "these belong to no category" : "the mean stands in for them"));
}

/// Notes what a reader of the table would ask about: a column with a single value, or a number that may mean a missing value.
void note_oddities(CsvSuggestion& found, std::size_t c) {
  const ColumnFacts& facts = found.facts[c];
  if (facts.values.size() == 1 && found.table.inputs[c].missing == 0)
    found.notes.push_back(shown_column(found.table, c) + " holds a single value, " + facts.values[0].first);
  if (!facts.sentinel) return;
  std::array<char, 32> digits{};
  const std::string number(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *facts.sentinel).ptr);
  found.notes.push_back(
      shown_column(found.table, c) + " holds " + number + " in " + std::to_string(facts.sentinels) +
      " rows, far from its other numbers: if it means a missing value, " +
      (found.options.missing.empty() ? "set \"missing\": [\"" + number + "\"]" : "add \"" + number + "\" to \"missing\"") +
      (found.options.impute == Impute::kMean ? "" : ", and \"impute\": \"mean\""));
}

/// Leaves out each column that has the same name as an earlier column or as the target.
void leave_out_twins(CsvSuggestion& found) {
  const auto& inputs = found.table.inputs;
  for (std::size_t c = 0; c < inputs.size(); ++c) {
    for (std::size_t other = 0; other < inputs.size() && !inputs[c].name.empty(); ++other) {
      const bool is_first = other < c || other == found.target;
      if (c == found.target || other == c || !is_first || inputs[other].name != inputs[c].name) continue;
      found.options.ignore.push_back({.word = {}, .value = inputs[c].place});
      found.notes.push_back("column " + std::to_string(inputs[c].place) + " is left out: column " + std::to_string(inputs[other].place) +
                            " has the same name, \"" + inputs[c].name + '"');
      break;
    }
  }
}

void decide_target(CsvSuggestion& found) {
  const InputColumn& column = found.table.inputs[found.target];
  const ColumnFacts& facts = found.facts[found.target];
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::kUsage, {found.table.path, shown_column(found.table, found.target) + " cannot be predicted: " + why,
                                   "name another column: --target COLUMN"});
  };
  if (facts.values.size() < 2) refuse("it holds a single value");
  if (facts.kind == ColumnKind::kTexts || facts.kind == ColumnKind::kDates) refuse("it holds too many different words");
  const bool are_numbers = column.word_cells == 0;
  const bool are_few = !facts.has_more_values && static_cast<Index>(facts.values.size()) <= kMostNumberClasses &&
                       3 * static_cast<Index>(facts.values.size()) <= found.table.rows;
  found.is_classes = !are_numbers || (facts.are_whole && are_few);
  if (facts.kind == ColumnKind::kMixed && facts.has_more_values) {
    found.is_classes = false;
    for (const ColumnWord& word : column.words) found.options.missing.push_back(word.text);
    if (column.has_more_words || column.words.size() > 5) refuse("it mixes numbers and words");
    found.options.unlabelled = CsvUnlabelled::kDrop;
    found.notes.push_back("rows with the words " + word_list(column) + " in " + shown_column(found.table, found.target) + " are left out");
  }
  found.outputs = found.is_classes ? static_cast<Index>(facts.values.size()) : 1;
  found.options.label = {column_key(found.table, found.target)};
  found.options.target = found.is_classes ? CsvTarget::kClass : CsvTarget::kNumber;
  if (column.missing == 0) return;
  found.options.unlabelled = CsvUnlabelled::kDrop;
  found.notes.push_back(counted_rows(column.missing, "row is", "rows are") + " left out, as " + shown_column(found.table, found.target) +
                        " has no value there");
  if (found.is_classes && !column.missing_word.empty()) found.options.missing.push_back(column.missing_word);
}

void decide_inputs(CsvSuggestion& found) {
  leave_out_twins(found);
  const auto is_left_out = [&](std::size_t c) {
    const auto is_it = [&](const config::Count& key) { return key.word.empty() && key.value == found.table.inputs[c].place; };
    return std::any_of(found.options.ignore.begin(), found.options.ignore.end(), is_it);
  };
  Index inputs = 0;
  for (std::size_t c = 0; c < found.facts.size(); ++c) {
    if (c == found.target || is_left_out(c)) continue;
    const std::size_t ignored = found.options.ignore.size();
    decide_input(found, c);
    note_oddities(found, c);
    if (found.options.ignore.size() == ignored) note_missing(found, c);
    if (tells_same(found.table, c, found.target))
      found.notes.push_back(shown_column(found.table, c) + " tells " + shown_column(found.table, found.target) +
                            " exactly, as if it were the answer: if it is not known beforehand, leave it out (\"ignore\")");
    if (found.options.ignore.size() == ignored && found.facts[c].kind != ColumnKind::kIndex) ++inputs;
  }
  if (inputs == 0 && found.table.index_column >= 0) {
    found.options.index = CsvIndex::kKeep;  // no other column is left to predict from
    ++inputs;
  }
  if (inputs > 0) return;
  const bool is_alone = found.facts.size() < 2;
  const std::string hint = is_alone ? "it has a single column; if another character than a comma separates its cells, replace it by a comma"
                                    : "name another target: --target COLUMN";
  throw Error(ExitCode::kUsage, {found.table.path, "no column is left to predict from", hint});
}

std::string list_of(const std::vector<config::Count>& columns) {
  std::string list;
  for (const config::Count& column : columns)
    list += (list.empty() ? "" : ", ") + (column.word.empty() ? std::to_string(column.value) : json_quoted(column.word));
  return "[" + list + "]";
}

}  // namespace

std::string json_quoted(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00";
      json += kHex[static_cast<std::size_t>(c) >> 4];
      json += kHex[static_cast<std::size_t>(c) & 15];
      continue;
    }
    json += c;
  }
  return json + '"';
}

CsvSuggestion look_at_csv(const std::string& path) {
  CsvSuggestion found;
  found.options.skip_rows = lines_to_skip(path);
  if (found.options.skip_rows > 0)
    found.notes.push_back(found.options.skip_rows == 1
                              ? "the first line is not part of the table"
                              : "the first " + std::to_string(found.options.skip_rows) + " lines are not part of the table");
  CsvOptions options = found.options;
  options.part = CsvPart::kInspected;
  found.table = read_csv(path, options);
  if (choose_marks(found)) {
    options.thousands = found.options.thousands;
    options.decimal = found.options.decimal;
    found.table = read_csv(path, options);
  }
  for (std::size_t c = 0; c < found.table.inputs.size(); ++c) found.facts.push_back(column_facts(found.table, c));
  return found;
}

CsvSuggestion suggest_csv(const std::string& path, const std::string& target) {
  CsvSuggestion found = look_at_csv(path);
  refuse_units(found.table);
  found.target = find_target(found, target);
  decide_target(found);
  decide_inputs(found);
  return found;
}

CsvSuggestion suggest_csv_with_labels(const std::string& path, const std::string& labels_path) {
  CsvSuggestion labels = look_at_csv(labels_path);
  labels.target = find_target(labels, "");
  decide_target(labels);
  CsvSuggestion found = look_at_csv(path);
  refuse_units(found.table);
  found.target = found.table.inputs.size();
  found.is_classes = labels.is_classes;
  found.outputs = labels.outputs;
  found.options.label = labels.options.label;
  found.options.target = labels.options.target;
  found.options.missing = labels.options.missing;
  found.options.unlabelled = labels.options.unlabelled;
  decide_inputs(found);
  return found;
}

std::vector<std::pair<std::string, std::string>> CsvSuggestion::keys() const {
  std::vector<std::pair<std::string, std::string>> keys;
  const bool is_last = options.label[0].word.empty() && target < table.inputs.size() && options.label[0].value == table.columns - 1;
  if (!is_last)
    keys.emplace_back("label", options.label[0].word.empty() ? std::to_string(options.label[0].value) : json_quoted(options.label[0].word));
  if (options.target == CsvTarget::kNumber) keys.emplace_back("target", "\"number\"");
  if (!options.ignore.empty()) keys.emplace_back("ignore", list_of(options.ignore));
  if (options.index == CsvIndex::kKeep) keys.emplace_back("index", "\"keep\"");
  if (options.skip_rows > 0) keys.emplace_back("skip_rows", std::to_string(options.skip_rows));
  if (options.decimal == ",") keys.emplace_back("decimal", "\",\"");
  if (!options.thousands.empty()) keys.emplace_back("thousands", json_quoted(options.thousands));
  if (!options.category_columns.empty()) keys.emplace_back("category_columns", list_of(options.category_columns));
  if (options.dates == CsvDates::kParts) keys.emplace_back("dates", "\"parts\"");
  if (!options.missing.empty()) {
    std::vector<config::Count> words;
    for (const std::string& word : options.missing) words.push_back({.word = word});
    keys.emplace_back("missing", list_of(words));
  }
  if (options.impute == Impute::kMean) keys.emplace_back("impute", "\"mean\"");
  if (options.unlabelled == CsvUnlabelled::kDrop) keys.emplace_back("unlabelled", "\"drop\"");
  if (options.target == CsvTarget::kNumber) keys.emplace_back("standardize_target", "true");
  keys.emplace_back("standardize", "true");
  return keys;
}

}  // namespace normrun::data
