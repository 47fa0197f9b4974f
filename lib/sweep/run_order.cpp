#include "sweep/run_order.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>

#include "study/plan.hpp"
#include "tables/record.hpp"

namespace normrun::sweep {
namespace {

constexpr std::size_t kMostValues = 1000;  // if an axis has more values than this, all of them are assumed to cost the same
constexpr int kMaxShards = 1'000'000;

struct IndexVariable {
  const char* name;
  int first;  // the number that the scheduler gives to the first process
};
constexpr IndexVariable kIndexVariables[] = {
    {"SLURM_ARRAY_TASK_ID", 1}, {"OMPI_COMM_WORLD_RANK", 0}, {"PMI_RANK", 0}, {"SLURM_PROCID", 0}, {"JOB_COMPLETION_INDEX", 0}};

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ExitCode::kUsage, {"--shard", what, hint}); }

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Returns the number of the shard that a scheduler or MPI gave to this process.
int number_from_environment() {
  for (const IndexVariable& variable : kIndexVariables) {
    const char* const value = std::getenv(variable.name);
    if (value == nullptr) continue;
    const std::optional<int> index = whole_number(value);
    if (!index) refuse(std::string(variable.name) + " is \"" + value + "\", which is not a whole number", "give the shard as I/N");
    return *index - variable.first + 1;
  }
  refuse("auto needs a number, but none of SLURM_ARRAY_TASK_ID, OMPI_COMM_WORLD_RANK, PMI_RANK, SLURM_PROCID, JOB_COMPLETION_INDEX is set",
         "start it by a scheduler, or give the shard as I/N");
}

/// Returns the cost of a run, or 0 if the run fails at once.  `outlines` keeps the outline of each data set, so that each is read only
/// once.
double cost_of(const study::Experiment& experiment, std::int64_t run, std::map<std::string, data::DataSpec::Outline>& outlines) {
  try {
    const study::RunConfig config = experiment.at(run);
    const std::string data = study::data_text(config);
    if (!outlines.contains(data)) outlines[data] = config.data_spec().outline(experiment.folder);
    return study::predicted_cost(config, outlines[data]);
  } catch (const Error&) {
    return 0.0;
  }
}

}  // namespace

CostModel::CostModel(const study::Experiment& experiment) {
  std::map<std::string, data::DataSpec::Outline> outlines;
  const std::vector<config::Axis>& axes = experiment.grid.axes();
  factors_.resize(axes.size());
  const double first = cost_of(experiment, 0, outlines);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const std::size_t count = axes[a].values.size();
    if (axes[a].key == "seed" || count > kMostValues || first <= 0.0) continue;
    std::vector<double> factors(count, 1.0);
    for (std::size_t v = 1; v < count; ++v)
      factors[v] = cost_of(experiment, static_cast<std::int64_t>(v) * experiment.grid.stride(a), outlines) / first;
    if (std::any_of(factors.begin(), factors.end(), [](double factor) { return factor != 1.0; })) factors_[a] = std::move(factors);
  }
}

double CostModel::cost(const config::Grid& grid, std::int64_t run) const {
  double product = 1.0;
  for (std::size_t a = factors_.size(); a-- > 0;) {
    if (!factors_[a].empty()) product *= factors_[a][grid.place(a, run)];
  }
  return product;
}

std::string CostModel::text() const {
  std::string text;
  for (const std::vector<double>& factors : factors_) {
    for (std::size_t v = 0; v < factors.size(); ++v) text += (v > 0 ? " " : "") + tables::shortest(factors[v]);
    text += '\n';
  }
  return text;
}

CostModel CostModel::parse(const std::string& text, const std::string& where) {
  CostModel model;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::vector<double>& factors = model.factors_.emplace_back();
    for (; at < end && *at != '\n'; at += at < end && *at == ' ' ? 1 : 0) {
      const auto [rest, error] = std::from_chars(at, end, factors.emplace_back());
      if (error != std::errc() || rest == end) throw Error(ExitCode::kDamaged, Problem{where, "the predicted costs are not numbers", ""});
      at = rest;
    }
    ++at;
  }
  return model;
}

std::vector<std::uint32_t> longest_first(const config::Grid& grid, const CostModel& costs) {
  std::vector<std::uint32_t> order(static_cast<std::size_t>(grid.size()));
  std::iota(order.begin(), order.end(), 0U);
  std::vector<double> cost(order.size());
  for (const std::uint32_t run : order) cost[run] = costs.cost(grid, run);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return cost[a] > cost[b]; });
  return order;
}

Shard parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string_view number = std::string_view(text).substr(0, slash);
  const std::optional<int> count = slash == std::string::npos ? std::nullopt : whole_number(std::string_view(text).substr(slash + 1));
  const std::string form = "I/N with 1 <= I <= N, or auto/N";
  if (!count || *count < 1 || *count > kMaxShards) refuse("expected " + form + ", got \"" + text + "\"", "");
  const std::optional<int> given = number == "auto" ? number_from_environment() : whole_number(number);
  if (!given || *given < 1 || *given > *count) {
    refuse("expected " + form + ", got \"" + text + "\"" + (number == "auto" ? " with number " + std::to_string(*given) : ""),
           "give the same N to every shard");
  }
  return {*given, *count};
}

int shard_at(std::size_t place, int count) {
  const auto shards = static_cast<std::size_t>(count);
  const std::size_t card = place % shards;
  return static_cast<int>(place / shards % 2 == 0 ? card : shards - 1 - card) + 1;
}

std::vector<std::uint32_t> runs_of(const std::vector<std::uint32_t>& order, const Shard& shard) {
  std::vector<std::uint32_t> runs;
  runs.reserve(order.size() / static_cast<std::size_t>(shard.count) + 1);
  for (std::size_t place = 0; place < order.size(); ++place) {
    if (shard_at(place, shard.count) == shard.number) runs.push_back(order[place]);
  }
  return runs;
}

}  // namespace normrun::sweep
