#include "data/csv_profile.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <unordered_set>
#include <utility>

#include "core/text.hpp"

namespace normrun::data {
namespace {

constexpr std::size_t kShownValues = 6;

std::string number_text(double number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

std::string lower_name(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Returns whether a name such as "id", "ID number", "customer_id" or "PassengerId" says that its numbers identify rows.
bool names_identifier(const std::string& name) {
  const std::string lower = lower_name(name);
  if (lower == "id" || lower.ends_with("_id") || lower.ends_with(" id") || lower.ends_with(".id") || lower.starts_with("id ") ||
      lower.starts_with("id_"))
    return true;
  return lower == "rownames" || lower == "row.names" || lower == "index" ||
         (name.size() > 2 && name.ends_with("Id") && name[name.size() - 3] >= 'a');
}

/// A column's smallest or largest number, how often that number occurs, and the nearest other number of the column.
struct Extreme {
  double number = 0.0;
  Index count = 0;
  std::optional<double> next = std::nullopt;

  void add(double other, bool is_beyond) {
    if (count > 0 && other == number) {
      ++count;
    } else if (count == 0 || is_beyond) {
      if (count > 0) next = number;
      number = other;
      count = 1;
    } else if (!next || std::abs(other - number) < std::abs(*next - number)) {
      next = other;
    }
  }
};

/// Finds a number that programs write for a missing value, if it occurs again and again and lies far from the column's other numbers.
void find_sentinel(const Extreme& low, const Extreme& high, ColumnFacts& facts) {
  static constexpr double kUsual[] = {-9, -99, -200, -999, -9999, -99999, 999, 9999, 99999};
  for (const auto& [end, other_end] : {std::pair{low, high.number}, std::pair{high, low.number}}) {
    const bool is_usual = std::find(std::begin(kUsual), std::end(kUsual), end.number) != std::end(kUsual);
    if (end.count < 2 || !is_usual || !end.next) continue;
    if (2.0 * std::abs(*end.next - end.number) <= std::abs(other_end - *end.next)) continue;
    facts.sentinel = end.number;
    facts.sentinels = end.count;
  }
}

ColumnKind kind_of(const InputTable& table, std::size_t input, const ColumnFacts& facts, bool all_differ) {
  const InputColumn& column = table.inputs[input];
  const Index numbers = number_cells(table, column);
  if (column.missing == table.rows) return ColumnKind::kEmpty;
  if (static_cast<Index>(input) == table.index_column) return ColumnKind::kIndex;
  if (column.word_cells == 0) {
    const bool is_identifier = all_differ && facts.are_whole && column.missing == 0 && table.rows > 8 && names_identifier(column.name);
    return is_identifier ? ColumnKind::kIdentifier : ColumnKind::kNumber;
  }
  if (numbers == 0 && column.are_dates) return ColumnKind::kDates;
  if (column.word_cells <= numbers) return ColumnKind::kMixed;
  if (numbers == 0 && has_truths(column)) return ColumnKind::kTruth;
  return facts.has_more_values || facts.values.size() >= kMostValues ? ColumnKind::kTexts : ColumnKind::kWords;
}

std::string values_text(const ColumnFacts& facts) {
  std::string text;
  for (std::size_t v = 0; v < std::min(kShownValues, facts.values.size()); ++v) {
    text += (v > 0 ? ", " : "") + shortened(facts.values[v].first, 24) + " (" + std::to_string(facts.values[v].second) + ")";
  }
  if (facts.has_more_values) return text + ", … (more than " + std::to_string(kMostValues - 1) + " different ones)";
  if (facts.values.size() > kShownValues) text += ", … (" + std::to_string(facts.values.size()) + " different ones)";
  return text;
}

std::string range_of(const ColumnFacts& facts) {
  if (facts.is_constant) return "constant: " + number_text(facts.low);
  return number_text(facts.low) + " to " + number_text(facts.high) + (facts.are_whole ? ", whole" : "");
}

std::string detail_of(const ColumnFacts& facts) {
  switch (facts.kind) {
    case ColumnKind::kEmpty:
      return "";
    case ColumnKind::kIndex:
      return "is left out";
    case ColumnKind::kIdentifier:
      return range_of(facts) + ", no two the same";
    case ColumnKind::kNumber:
      return range_of(facts);
    case ColumnKind::kMixed:
    case ColumnKind::kTruth:
    case ColumnKind::kDates:
    case ColumnKind::kWords:
    case ColumnKind::kTexts:
      return values_text(facts);
  }
  return "";
}

std::string detail_of(const EncodedColumn& column, const ColumnFacts& facts) {
  switch (column.code) {
    case ColumnCode::kNumber:
      return range_of(facts);
    case ColumnCode::kBoolean:
      return values_text(facts) + "; as 0 and 1";
    case ColumnCode::kOneHot:
      return values_text(facts) + "; one-hot, " + std::to_string(column.width) + " inputs";
    case ColumnCode::kDateParts:
      return std::to_string(column.width) + " inputs: its parts";
    case ColumnCode::kLeftOut:
      return "left out:" + column.reason;
  }
  return "";
}

}  // namespace

bool has_truths(const InputColumn& column) {
  if (column.words.empty() || column.words.size() > 4 || column.has_more_words) return false;
  return std::all_of(column.words.begin(), column.words.end(), [](const ColumnWord& word) {
    const std::string text = lower_name(word.text);
    return text == "true" || text == "false" || text == "yes" || text == "no" || text == "t" || text == "f" || text == "y" || text == "n";
  });
}

ColumnFacts column_facts(const InputTable& table, std::size_t input) {
  const InputColumn& column = table.inputs[input];
  ColumnFacts facts;
  facts.low = std::numeric_limits<double>::infinity();
  facts.high = -facts.low;
  std::map<double, Index> counts;
  std::unordered_set<double> seen;
  Extreme lowest;
  Extreme highest;
  bool all_differ = names_identifier(column.name);  // column_facts() finds this out only if it matters
  for (Index row = 0; row < table.rows; ++row) {
    const CellValue cell = table.cells.row(row)[input];
    if (cell.kind() != CellValue::Kind::kNumber) continue;
    const double number = cell.number();
    lowest.add(number, number < lowest.number);
    highest.add(number, number > highest.number);
    facts.low = std::min(facts.low, number);
    facts.high = std::max(facts.high, number);
    facts.are_whole = facts.are_whole && number == std::floor(number);
    all_differ = all_differ && facts.are_whole && seen.insert(number).second;
    if (counts.size() <= kMostValues) ++counts[number];
  }
  for (const auto& [number, count] : counts) facts.values.emplace_back(number_text(number), count);
  for (const ColumnWord& word : column.words) facts.values.emplace_back(word.text, word.count);
  find_sentinel(lowest, highest, facts);
  facts.is_constant = counts.size() == 1 && column.words.empty() && column.missing == 0;
  facts.has_more_values = facts.values.size() > kMostValues - 1 || column.has_more_words;
  std::stable_sort(facts.values.begin(), facts.values.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (facts.values.size() > kMostValues) facts.values.resize(kMostValues);
  facts.kind = kind_of(table, input, facts, all_differ);
  return facts;
}

std::string kind_text(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kEmpty:
      return "empty";
    case ColumnKind::kIndex:
      return "index";
    case ColumnKind::kIdentifier:
      return "identifier";
    case ColumnKind::kNumber:
      return "number";
    case ColumnKind::kTruth:
      return "true/false";
    case ColumnKind::kDates:
      return "dates";
    case ColumnKind::kWords:
      return "words";
    case ColumnKind::kTexts:
      return "texts";
    case ColumnKind::kMixed:
      return "mixed";
  }
  return "";
}

std::vector<ColumnProfile> profiles_of(const InputTable& table, const std::vector<ColumnFacts>& facts) {
  std::vector<ColumnProfile> profiles;
  for (std::size_t c = 0; c < facts.size(); ++c) {
    const InputColumn& column = table.inputs[c];
    profiles.push_back({column.place, column.name, kind_text(facts[c].kind), column.missing, detail_of(facts[c])});
  }
  return profiles;
}

std::vector<ColumnProfile> profiles_of(const InputTable& table, const CsvEncoder& encoder, const CsvClasses& classes) {
  std::vector<ColumnProfile> profiles;
  for (std::size_t c = 0; c < table.inputs.size(); ++c) {
    const InputColumn& column = table.inputs[c];
    const ColumnFacts facts = column_facts(table, c);
    profiles.push_back({column.place, column.name, kind_text(facts.kind), column.missing, detail_of(encoder.columns()[c], facts)});
  }
  ColumnFacts labels;
  for (const InputTable::Label& label : table.labels) labels.values.emplace_back(label.text, label.count);
  std::stable_sort(labels.values.begin(), labels.values.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (Index j = 0; j < table.label_count; ++j) {
    const std::string name = table.label_names.empty() ? "" : table.label_names[static_cast<std::size_t>(j)];
    const std::string detail =
        classes.count() > 0 ? std::to_string(classes.count()) + " classes: " + values_text(labels) : "numbers to predict";
    profiles.push_back({-1, name, "label", j == 0 ? table.unlabelled : 0, detail});
  }
  return profiles;
}

}  // namespace normrun::data
