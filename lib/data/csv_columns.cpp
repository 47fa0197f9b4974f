#include "data/csv_columns.hpp"

#include <algorithm>
#include <utility>

#include "config/json/words.hpp"
#include "config/options/document.hpp"
#include "core/error.hpp"

namespace normrun::data {
namespace {

std::string role_text(CsvRole role) {
  if (role == CsvRole::kIgnored) return "ignored one";
  return role == CsvRole::kLabel ? "label" : role == CsvRole::kSequence ? "sequence" : "time";
}

}  // namespace

CsvColumns::CsvColumns(std::string path, const CsvOptions& options, Index count)
    : path_(std::move(path)), roles_(static_cast<std::size_t>(count), CsvRole::kFeature) {
  special_.push_back({CsvRole::kLabel, options.label});
  if (options.has_sequences()) special_.push_back({CsvRole::kSequence, options.sequence});
  if (options.has_times()) special_.push_back({CsvRole::kTime, options.time});
  for (const std::string& name : options.ignore) special_.push_back({CsvRole::kIgnored, config::Count{.word = name}});
  if (special_.size() >= roles_.size()) {
    throw Error(ExitCode::kDamaged,
                {path_ + ":1:1", count == 1 ? "only one column" : "only " + std::to_string(count) + " columns, none is left for the inputs",
                 "separate the columns by commas: inputs and one label"});
  }
  for (const Special& special : special_) {
    if (special.column.word.empty()) assign(special, index_of(special));
  }
}

bool CsvColumns::needs_names() const {
  return std::any_of(special_.begin(), special_.end(), [](const Special& special) { return !special.column.word.empty(); });
}

void CsvColumns::find_by_name(const std::vector<std::string>& names) {
  for (const Special& special : special_) {
    const std::string& name = special.column.word;
    if (name.empty()) continue;
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const std::string near = config::nearest_word(name, {names.begin(), names.end()});
      throw Error(ExitCode::kUsage,
                  {path_, "no column is named \"" + name + '"',
                   near.empty() ? "name a column of the first line, or give its index" : "did you mean \"" + near + "\"?"});
    }
    assign(special, found - names.begin());
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
  CsvRole& role = roles_[static_cast<std::size_t>(column)];
  if (role != CsvRole::kFeature) {
    throw Error(ExitCode::kUsage,
                {path_, "column " + std::to_string(column) + " cannot be the " + role_text(role) + " and the " + role_text(special.role),
                 "give each a column of its own"});
  }
  role = special.role;
}

}  // namespace normrun::data
