#include "report/claims/claim_rows.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/error.hpp"

namespace normrun::report {
namespace {

using nlohmann::json;

int column_of(const study::Claim& claim, const tables::ResultTable& table, const std::string& name) {
  const int column = table.column(name);
  if (column >= 0) return column;
  std::string known;
  for (const std::string& header : table.header()) known += (known.empty() ? "" : ", ") + header;
  refuse_claim(claim, "the table has no column \"" + name + "\"", "it has " + known);
}

bool means(const json& wanted, const std::string& field) {
  if (wanted.is_array()) return std::any_of(wanted.begin(), wanted.end(), [&](const json& one) { return means(one, field); });
  if (wanted.is_number()) return tables::find_number(field) == wanted.get<double>();
  return wanted.is_string() && wanted.get<std::string>() == field;
}

/// Decides which rows of a table belong to a claim.
class Selection {
 public:
  Selection(const study::Claim& claim, const json& where, const tables::ResultTable& table) : table_(table) {
    for (const auto& [name, wanted] : where.items()) filters_.emplace_back(column_of(claim, table, name), wanted);
    final_only_ = !where.contains("step") && !where.contains("epoch") && table.column("step") >= 0;
    batch_size_ = table.column("batch_size");
    eval_batch_size_ = table.column("eval_batch_size");
    const int step = table.column("step");
    for (std::size_t row = 0; final_only_ && row < table.rows(); ++row) {
      const std::optional<double> value = tables::find_number(table.at(row, step));
      if (value) last_step_[run_of(row)] = std::max(last_step_[run_of(row)], *value);
    }
  }

  bool holds(std::size_t row) const {
    for (const auto& [column, wanted] : filters_) {
      const bool is_train = column == eval_batch_size_ && wanted == "train";
      if (is_train ? table_.at(row, column) != table_.at(row, batch_size_) : !means(wanted, table_.at(row, column))) return false;
    }
    if (!final_only_) return true;
    const std::optional<double> step = tables::find_number(table_.at(row, table_.column("step")));
    return step && *step == last_step_.at(run_of(row));
  }

 private:
  const std::string& run_of(std::size_t row) const { return table_.at(row, table_.column("run_id")); }

  const tables::ResultTable& table_;
  std::vector<std::pair<int, json>> filters_;
  bool final_only_ = false;
  int batch_size_ = -1;
  int eval_batch_size_ = -1;
  std::map<std::string, double> last_step_;  // by run_id
};

/// Returns the middle value, or the mean of the two in the middle.
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

double reduced(const study::Claim& claim, const std::vector<double>& values) {
  switch (claim.reduce) {
    case study::Reduce::kNone:
      return values.front();
    case study::Reduce::kMax:
      return *std::max_element(values.begin(), values.end());
    case study::Reduce::kMin:
      return *std::min_element(values.begin(), values.end());
    case study::Reduce::kMedian:
      return median(values);
    case study::Reduce::kMean:
      break;
  }
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::string column_name(const std::string& metric) { return metric.substr(metric.find('.') + 1); }

/// What a claim measures in each row: its metric, or the difference of its two metrics.
class Measure {
 public:
  Measure(const study::Claim& claim, const tables::ResultTable& table)
      : claim_(claim),
        table_(table),
        metric_(column_of(claim, table, column_name(claim.metric))),
        minus_(claim.minus.empty() ? -1 : column_of(claim, table, column_name(claim.minus))) {}

  /// Returns nothing if the row has no value of a metric.
  std::optional<double> at(std::size_t row) const {
    const std::optional<double> value = tables::find_number(table_.at(row, metric_));
    const std::optional<double> subtracted = minus_ >= 0 ? tables::find_number(table_.at(row, minus_)) : 0.0;
    if (!value || !subtracted) return std::nullopt;
    if (std::isnan(*value - *subtracted)) {
      const std::string name = claim_.minus.empty() ? claim_.metric : claim_.metric + " - " + claim_.minus;
      refuse_claim(claim_, name + " of run " + table_.at(row, table_.column("run_id")) + " is not a number",
                   "leave its rows out of \"where\"");
    }
    return *value - *subtracted;
  }

 private:
  const study::Claim& claim_;
  const tables::ResultTable& table_;
  int metric_;
  int minus_;
};

}  // namespace

void refuse_claim(const study::Claim& claim, const std::string& what, const std::string& hint) {
  throw Error(ExitCode::kUsage, {"claim " + claim.id, what, hint});
}

ClaimValues claim_values(const study::Claim& claim, const std::string& changes, const tables::ResultTable& table) {
  json where = json::parse(claim.where);
  if (!changes.empty()) where.merge_patch(json::parse(changes));
  const Selection selection(claim, where, table);
  const Measure measure(claim, table);
  const int seed = column_of(claim, table, "seed");
  const int axis = claim.axis.empty() ? -1 : column_of(claim, table, claim.axis);
  std::map<long, std::map<std::string, std::vector<double>>> found;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (!selection.holds(row)) continue;
    const std::optional<double> value = measure.at(row);
    if (value) found[std::stol(table.at(row, seed))][axis >= 0 ? table.at(row, axis) : ""].push_back(*value);
  }
  if (found.empty())
    refuse_claim(claim, "no row with a value matches " + where.dump(), "see the columns of the table and the grid of the config");
  ClaimValues values;
  for (const auto& [of_seed, by_axis] : found) {
    for (const auto& [place, list] : by_axis) {
      if (list.size() > 1 && claim.reduce == study::Reduce::kNone) {
        refuse_claim(claim, std::to_string(list.size()) + " rows of seed " + std::to_string(of_seed) + " match " + where.dump(),
                     "name more columns in \"where\", or give \"reduce\"");
      }
      values[of_seed][place] = reduced(claim, list);
    }
  }
  return values;
}

}  // namespace normrun::report
