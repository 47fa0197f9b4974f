#include "data/csv_columns.hpp"

#include <algorithm>
#include <utility>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "core/nearest_word.hpp"

namespace normrun::data {
namespace {

std::string role_text(CsvRole role) {
  switch (role) {
    case CsvRole::kLabel:
      return "label";
    case CsvRole::kSequence:
      return "sequence";
    case CsvRole::kTime:
      return "time";
    case CsvRole::kWeight:
      return "weight";
    case CsvRole::kIgnored:
      return "ignored one";
    case CsvRole::kFeature:
      break;
  }
  return "category";
}

bool is_pattern(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

}  // namespace

bool fits_pattern(std::string_view name, std::string_view pattern) {
  // After a mismatch, the last "*" of the pattern takes one more character of the name.  `star` is its place in the pattern, and `reached`
  // is how far it has come in the name.
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t reached = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      reached = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++reached;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

CsvColumns::CsvColumns(std::string path, const CsvOptions& options, Index count)
    : path_(std::move(path)), part_(options.part), roles_(static_cast<std::size_t>(count), CsvRole::kFeature), categories_(roles_.size()) {
  if (part_ == CsvPart::kLabels) roles_.assign(roles_.size(), CsvRole::kIgnored);
  if (options.has_label_column()) {
    for (const config::Count& label : options.label) special_.push_back({CsvRole::kLabel, label});
  }
  if (part_ != CsvPart::kLabels) add_input_roles(options);
  for (const Special& special : special_) {
    if (special.column.word.empty()) assign(special, index_of(special));
  }
  require_inputs();
}

void CsvColumns::add_input_roles(const CsvOptions& options) {
  if (options.has_sequences()) special_.push_back({CsvRole::kSequence, options.sequence});
  if (options.has_times()) special_.push_back({CsvRole::kTime, options.time});
  if (options.has_weights()) special_.push_back({CsvRole::kWeight, options.weights});
  for (const config::Count& column : options.ignore) special_.push_back({CsvRole::kIgnored, column});
  for (const config::Count& column : options.category_columns) special_.push_back({CsvRole::kFeature, column});
}

void CsvColumns::require_inputs() const {
  if (part_ == CsvPart::kLabels || part_ == CsvPart::kInspected) return;
  const bool has_named = needs_names();
  const auto taken =
      std::count_if(special_.begin(), special_.end(), [](const Special& special) { return special.role != CsvRole::kFeature; });
  if (feature_count() > 0 && (!has_named || taken < static_cast<std::ptrdiff_t>(roles_.size()))) return;
  const std::string count = std::to_string(roles_.size());
  throw Error(ExitCode::kDamaged,
              {path_ + ":1:1",
               roles_.size() == 1 ? "there is only one column" : "there are only " + count + " columns, so none is left for the inputs",
               roles_.size() == 1 ? "set \"delimiter\" to what separates the columns (a table has inputs and one label)"
                                  : "leave fewer columns out: a table has inputs and one label"});
}

bool CsvColumns::needs_names() const {
  return std::any_of(special_.begin(), special_.end(), [](const Special& special) { return !special.column.word.empty(); });
}

Index CsvColumns::feature_count() const { return std::count(roles_.begin(), roles_.end(), CsvRole::kFeature); }

Index CsvColumns::label_place(Index column) const { return std::find(labels_.begin(), labels_.end(), column) - labels_.begin(); }

void CsvColumns::find_by_name(const std::vector<std::string>& names) {
  for (const Special& special : special_) {
    if (!special.column.word.empty()) assign_named(special, names);
  }
  if (feature_count() == 0) require_inputs();
  labels_.clear();
  for (const Special& special : special_) {  // the columns keep the config's order
    if (special.role != CsvRole::kLabel) continue;
    const auto named = std::find(names.begin(), names.end(), special.column.word);
    labels_.push_back(special.column.word.empty() ? index_of(special) : named - names.begin());
  }
  if (part_ != CsvPart::kInspected) refuse_duplicates(names);
}

void CsvColumns::assign_named(const Special& special, const std::vector<std::string>& names) {
  const std::string& name = special.column.word;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return assign(special, found - names.begin());
  bool fits = false;
  const bool takes_several = special.role == CsvRole::kIgnored || special.role == CsvRole::kFeature;
  for (std::size_t c = 0; c < names.size() && takes_several && is_pattern(name); ++c) {
    if (!fits_pattern(names[c], name)) continue;
    fits = true;
    if (role(static_cast<Index>(c)) == CsvRole::kFeature)
      assign(special, static_cast<Index>(c));  // a column that already has a role keeps it, even if a pattern fits its name
  }
  if (fits) return;
  const std::string near = nearest_word(name, {names.begin(), names.end()});
  throw Error(ExitCode::kUsage,
              {path_, "no column is named \"" + name + '"',
               near.empty() ? "name a column of the first line, or give its index (from 0)" : "did you mean \"" + near + "\"?"});
}

void CsvColumns::refuse_duplicates(const std::vector<std::string>& names) const {
  for (std::size_t a = 0; a < names.size(); ++a) {
    for (std::size_t b = names[a].empty() || roles_[a] == CsvRole::kIgnored ? names.size() : a + 1; b < names.size(); ++b) {
      if (names[b] != names[a] || roles_[b] == CsvRole::kIgnored) continue;
      throw Error(ExitCode::kDamaged,
                  {path_ + ":1:1", "columns " + std::to_string(a) + " and " + std::to_string(b) + " are both named \"" + names[a] + '"',
                   "rename one of them in the file, or leave one out by its index: \"ignore\": [" + std::to_string(b) + "]"});
    }
  }
}

Index CsvColumns::index_of(const Special& special) const {
  const auto count = static_cast<Index>(roles_.size());
  const Index asked = special.column.value;
  const Index column = asked < 0 ? asked + count : asked;
  if (column < 0 || column >= count) {
    throw Error(ExitCode::kUsage, {path_,
                                   "there is no column " + std::to_string(asked) + " to be the " + role_text(special.role) +
                                       ": the file has " + std::to_string(count) + " columns",
                                   "count from 0, or from the end with -1 for the last"});
  }
  return column;
}

void CsvColumns::assign(const Special& special, Index column) {
  if (special.role == CsvRole::kFeature) {
    categories_[static_cast<std::size_t>(column)] = true;
    return;
  }
  CsvRole& role = roles_[static_cast<std::size_t>(column)];
  if (role != CsvRole::kFeature && part_ != CsvPart::kLabels) {
    throw Error(ExitCode::kUsage,
                {path_, "column " + std::to_string(column) + " cannot be the " + role_text(role) + " and the " + role_text(special.role),
                 "give each a column of its own"});
  }
  role = special.role;
}

}  // namespace normrun::data
