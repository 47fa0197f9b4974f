#include "study/claim_check.hpp"

#include <algorithm>

#include "config/json/words.hpp"
#include "core/nearest_word.hpp"
#include "study/claim.hpp"
#include "study/plan.hpp"

namespace normrun::study {
namespace {

constexpr const char* kListed = "see `normrun list metrics`";

std::string_view table_name(const tables::Table& table) { return table.file.substr(0, table.file.find('.')); }

/// Returns the table of a metric such as "compare.rms", or nullptr if there is none.
const tables::Table* table_of(std::string_view metric) {
  const auto is_meant = [&](const tables::Table& table) { return table_name(table) == metric.substr(0, metric.find('.')); };
  const auto found = std::find_if(tables::tables().begin(), tables::tables().end(), is_meant);
  return found == tables::tables().end() ? nullptr : &*found;
}

std::string nearest_metric(std::string_view metric) {
  std::vector<std::string> names;
  for (const tables::Table& table : tables::tables()) {
    for (const tables::Column& column : table.columns) names.push_back(std::string(table_name(table)) + '.' + std::string(column.name));
  }
  return nearest_word(metric, {names.begin(), names.end()});
}

/// Checks the names in the claims of an experiment, claim by claim.
class ClaimNames {
 public:
  ClaimNames(const config::Document& document, const config::Grid& grid, const std::vector<std::string>& file_axes,
             std::vector<Problem>& problems)
      : document_(document), grid_(grid), file_axes_(file_axes), problems_(problems) {}

  void check(const Claim& claim, const std::string& pointer) {
    check_id(claim.id, pointer + "/id");
    check_metric(claim.metric, pointer + "/metric");
    const tables::Table* const table = table_of(claim.metric);
    if (table_of(claim.minus) == table)
      check_metric(claim.minus, pointer + "/minus");  // a column of another table has been refused already
    if (table == nullptr) return;
    for (const char* const filter : {"/where", "/versus", "/beside"}) {
      for (const std::string& key : document_.keys_at(pointer + filter)) {
        check_column(*table, key, document_.where_key(pointer + filter, key));
      }
    }
    if (!claim.axis.empty()) check_column(*table, claim.axis, document_.where(pointer + "/axis"));
  }

 private:
  void check_id(const std::string& id, const std::string& pointer) {
    const auto earlier = std::find(ids_.begin(), ids_.end(), id);
    if (!id.empty() && earlier != ids_.end()) {
      problems_.push_back({document_.where(pointer),
                           config::shown_text(id) + " is also the id of claim " + std::to_string(earlier - ids_.begin()),
                           "give each claim its own id"});
    }
    ids_.push_back(id);
  }

  void check_metric(const std::string& metric, const std::string& pointer) {
    const std::size_t dot = metric.find('.');
    if (dot == std::string::npos) return;  // reading the claim has reported this already
    const tables::Table* const table = table_of(metric);
    const std::string column = metric.substr(dot + 1);
    if (table == nullptr || !is_column(*table, column)) {
      const std::string nearest = nearest_metric(metric);
      problems_.push_back({document_.where(pointer), "unknown metric " + config::shown_text(metric),
                           nearest.empty() ? kListed : "did you mean \"" + nearest + "\"?"});
    } else if (holds_texts(*table, column)) {
      problems_.push_back(
          {document_.where(pointer), config::shown_text(metric) + " holds texts", std::string("name a column of numbers, ") + kListed});
    }
  }

  void check_column(const tables::Table& table, const std::string& name, const std::string& where) {
    if (is_column(table, name)) return;
    const std::vector<std::string> names = columns_of(table);
    problems_.push_back({where, std::string(table.file) + " has no column " + config::shown_text(name),
                         config::suggestion(name, {names.begin(), names.end()}, "its columns")});
  }

  static bool holds_texts(const tables::Table& table, const std::string& name) {
    for (const std::vector<tables::Column>* const columns : {&tables::key_columns(), &table.columns}) {
      const tables::Column* const column = tables::find_column(*columns, name);
      if (column != nullptr) return column->type == "string";
    }
    return false;  // a swept key may have any values
  }

  bool is_column(const tables::Table& table, const std::string& name) const {
    const std::vector<std::string> names = columns_of(table);
    const auto is_name = [&](const std::string& key) { return key == name || "config." + key == name; };
    return std::find(names.begin(), names.end(), name) != names.end() || std::any_of(file_axes_.begin(), file_axes_.end(), is_name);
  }

  /// Returns the names of a table's columns in the order of its header.
  std::vector<std::string> columns_of(const tables::Table& table) const {
    std::vector<std::string> names;
    for (const tables::Column& column : tables::key_columns()) names.emplace_back(column.name);
    for (const std::string& name : swept_columns(table.columns, grid_)) names.push_back(name);
    for (const tables::Column& column : table.columns) names.emplace_back(column.name);
    return names;
  }

  const config::Document& document_;
  const config::Grid& grid_;
  const std::vector<std::string>& file_axes_;
  std::vector<Problem>& problems_;
  std::vector<std::string> ids_;  // ids of the claims so far
};

}  // namespace

void check_claims(const config::Document& document, const config::Grid& grid, const std::vector<std::string>& file_axes,
                  std::vector<Problem>& problems) {
  ClaimNames names(document, grid, file_axes, problems);
  for (std::size_t i = 0; document.contains("claims." + std::to_string(i)); ++i) {
    Claim claim;
    std::vector<Problem> reported;  // ignored: reading the whole config has reported them already
    document.read("/claims/" + std::to_string(i), claim, reported);
    names.check(claim, "/claims/" + std::to_string(i));
  }
}

}  // namespace normrun::study
