#include "sweep/run_order.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iterator>
#include <numeric>
#include <set>

#include "study/temporary_config.hpp"

using namespace normrun;

namespace {

study::Experiment load(const TemporaryFolder& folder, const study::Overrides& overrides) {
  return study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kConfigOnly);
}

/// Sets an environment variable for a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("every run belongs to one shard, and the shards cost the same but for one run") {
  const TemporaryFolder folder;
  const study::Experiment experiment = load(folder, {{}, {"train.batch_size=1,2,3,7,30", "network.0.units=1,5,40"}, "0..6", {}});
  const sweep::CostModel costs(experiment);
  const std::vector<std::uint32_t> order = sweep::longest_first(experiment.grid, costs);
  CHECK(order.size() == 2 * 5 * 3 * 7);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double before = costs.cost(experiment.grid, order[i - 1]);
    const double cost = costs.cost(experiment.grid, order[i]);
    CHECK((before > cost || (before == cost && order[i - 1] < order[i])));
  }
  const double longest = costs.cost(experiment.grid, order[0]);
  CHECK(longest > 3.0 * costs.cost(experiment.grid, order.back()));
  for (const int count : {1, 2, 3, 4, 11, 500}) {
    std::set<std::uint32_t> seen;
    std::vector<double> load;
    for (int number = 1; number <= count; ++number) {
      double sum = 0.0;
      for (const std::uint32_t run : sweep::runs_of(order, {number, count})) {
        CHECK(seen.insert(run).second);
        sum += costs.cost(experiment.grid, run);
      }
      load.push_back(sum);
    }
    CHECK(seen.size() == order.size());
    CHECK(*std::max_element(load.begin(), load.end()) - *std::min_element(load.begin(), load.end()) <= longest * (1.0 + 1e-12));
  }
}

TEST_CASE("runs are dealt there and back") {
  const int expected[] = {1, 2, 3, 3, 2, 1, 1, 2, 3, 3};
  for (std::size_t place = 0; place < std::size(expected); ++place) CHECK(sweep::shard_at(place, 3) == expected[place]);
}

TEST_CASE("predicted costs come back from their text") {
  const TemporaryFolder folder;
  const study::Experiment experiment = load(folder, {});
  const sweep::CostModel costs(experiment);
  const sweep::CostModel parsed = sweep::CostModel::parse(costs.text(), "journal");
  for (std::int64_t run = 0; run < experiment.grid.size(); ++run) {
    CHECK(parsed.cost(experiment.grid, run) == costs.cost(experiment.grid, run));
  }
  CHECK(costs.cost(experiment.grid, 0) > costs.cost(experiment.grid, 2));  // batch 4 against 8: more steps
  CHECK_THROWS_AS(sweep::CostModel::parse("1 x\n", "journal"), Error);
}

TEST_CASE("a shard is I/N, or auto/N by the environment") {
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX"})
    unsetenv(name);
  CHECK(sweep::parse_shard("2/5").text() == "2/5");
  for (const char* wrong : {"0/5", "6/5", "1", "/", "1/0", "-1/3", "a/3", "1/3x", "auto/", "auto/3", "1/99999999999"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(sweep::parse_shard(wrong), Error);
  }
  for (const char* rank : {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX"}) {
    const Variable variable(rank, "2");
    CHECK(sweep::parse_shard("auto/3").number == 3);
    CHECK_THROWS_AS(sweep::parse_shard("auto/2"), Error);
    const Variable task("SLURM_ARRAY_TASK_ID", "1");  // counts from 1 and comes first
    CHECK(sweep::parse_shard("auto/3").number == 1);
  }
  const Variable odd("SLURM_ARRAY_TASK_ID", "4294967294");
  CHECK_THROWS_AS(sweep::parse_shard("auto/3"), Error);
}
