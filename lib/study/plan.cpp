#include "study/plan.hpp"

#include <algorithm>

#include "files/checksum.hpp"
#include "fmt/format.h"
#include "statistics/moving_statistics.hpp"
#include "tables/record.hpp"

namespace normrun::study {
namespace {

constexpr std::string_view kBatchSizeKey = "train.batch_size";
constexpr std::string_view kSeedKey = "seed";

/// Returns the axis that names the normalization, preferring an axis of whole objects to an axis of types.  Returns -1 if neither is swept.
int norm_axis(const config::Grid& grid) {
  int found = -1;
  for (std::size_t a = 0; a < grid.axes().size(); ++a) {
    if (grid.axes()[a].key == "norm") return static_cast<int>(a);
    if (grid.axes()[a].key == "norm.type") found = static_cast<int>(a);
  }
  return found;
}

/// Whether a value of the axis is a list.  Lists of batch sizes with the same largest size differ in a column of their own alone.
bool has_list(const config::Axis& axis) {
  for (std::size_t i = 0; i < axis.values.size(); ++i)
    if (axis.values[i].starts_with('[')) return true;
  return false;
}

bool is_other(const config::Grid& grid, std::size_t axis) {
  const std::string& key = grid.axes()[axis].key;
  if (key == kBatchSizeKey) return has_list(grid.axes()[axis]);
  return key != kSeedKey && static_cast<int>(axis) != norm_axis(grid);
}

/// Replaces every character that may not stand in a file name by '_'.
std::string file_safe(std::string text) {
  for (char& c : text) {
    const bool safe =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '+';
    if (!safe) c = '_';
  }
  return text;
}

/// Returns the multiply-adds of one example's forward pass above a boundary.  A layer uses its parameters at every position.
double multiply_adds(const nn::Network<float>& network, Index boundary) {
  double sum = 0.0;
  for (std::size_t i = static_cast<std::size_t>(boundary); i < network.layers().size(); ++i) {
    const auto& layer = network.layers()[i];
    const Shape& places =
        layer.output.rank() == 3 ? layer.output : layer.input;  // a convolution uses its parameters at every place of its output
    sum += static_cast<double>(layer.params) * static_cast<double>(places.positions());
  }
  return sum;
}

/// Returns the cost of the final comparison: every row runs once through the whole network, and in each further pass only through the
/// layers above the stem.
double comparing_cost(const RunConfig& config, const data::DataSpec::Outline& outline, const nn::Network<float>& network) {
  constexpr double kReplayed = 16'384.0;  // rows that the budget replays
  if (config.compare.pairs.empty()) return 0.0;
  const auto norms = static_cast<double>(statistics::layers_with_statistics(network.layout()).size());
  const bool divides = norms > 0.0 && !config.compare.budget.empty();
  const double passes = 2.0 + static_cast<double>(config.compare.eval_batch_sizes.size()) + (divides ? 6.0 * (1.0 + 2.0 * norms) : 0.0);
  const auto train_rows = static_cast<double>(outline.train_samples);
  const auto test_rows = static_cast<double>(outline.test_samples);
  const double above = multiply_adds(network, network.mode_free_boundary());
  const double stem = multiply_adds(network, 0) - above;
  const double rows = passes * test_rows + (divides ? kReplayed + 3.0 * train_rows : norms * train_rows);
  return (train_rows + test_rows) * stem + rows * above;
}

}  // namespace

std::string RunKey::csv() const {
  std::string fields = tables::csv_field(std::string_view(run_id)) + ',' + tables::csv_field(std::string_view(norm)) + ',' +
                       std::to_string(batch_size) + ',' + std::to_string(seed) + ',';
  for (const std::string& other : others) fields += tables::csv_field(std::string_view(other)) + ',';
  return fields;
}

std::vector<std::string> other_axes(const config::Grid& grid) {
  std::vector<std::string> keys;
  for (std::size_t a = 0; a < grid.axes().size(); ++a) {
    if (is_other(grid, a)) keys.push_back(grid.axes()[a].key);
  }
  return keys;
}

std::vector<std::string> swept_columns(const std::vector<tables::Column>& own, const config::Grid& grid) {
  std::vector<std::string> names = other_axes(grid);
  for (std::string& name : names) {
    if (tables::find_column(own, name) != nullptr) name.insert(0, "config.");
  }
  return names;
}

RunKey run_key(const Experiment& experiment, std::int64_t run, const RunConfig& config) {
  const config::Grid& grid = experiment.grid;
  const std::vector<std::size_t> point = grid.point(run);
  RunKey key{.run = run, .run_id = {}, .norm = {}, .batch_size = config.train.batch_size, .seed = config.seed, .others = {}};
  const int norm = norm_axis(grid);
  key.norm = norm >= 0 ? grid.axes()[static_cast<std::size_t>(norm)].labels[point[static_cast<std::size_t>(norm)]] : config.norm_label();
  std::string values;
  for (std::size_t a = 0; a < grid.axes().size(); ++a) {
    if (!is_other(grid, a)) continue;
    const config::Axis& axis = grid.axes()[a];
    key.others.push_back(axis.labels[point[a]]);
    values += axis.key + '=' + axis.values[point[a]] + '\n';
  }
  key.run_id = fmt::format("{}-b{}-s{}", file_safe(key.norm), key.batch_size, key.seed);
  const std::string name = file_safe(key.norm) == key.norm ? values : "norm=" + key.norm + '\n' + values;
  if (!name.empty()) key.run_id += fmt::format("-{:08x}", files::crc32c(name.data(), name.size()));
  return key;
}

double predicted_cost(const RunConfig& config, const data::DataSpec::Outline& outline) {
  const nn::Network<float> network(config.layers(), outline.shape);
  const double params = static_cast<double>(network.layout().param_count);
  const double batch = config.train.sizes().mean();
  const double steps_per_epoch = std::max(1.0, static_cast<double>(outline.train_samples) / batch);
  const double steps = config.train.steps ? static_cast<double>(*config.train.steps)
                                          : static_cast<double>(config.train.epochs.value_or(1)) * steps_per_epoch;
  constexpr double kStepOverhead = 50'000.0;  // fixed cost of a step, in multiply-adds
  constexpr double kUpdate = 30.0;            // cost of updating one parameter, in multiply-adds
  const double example = multiply_adds(network, 0);
  return steps * (kStepOverhead + kUpdate * params + 3.0 * batch * example) + comparing_cost(config, outline, network);
}

}  // namespace normrun::study
