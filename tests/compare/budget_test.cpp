#include "compare/budget.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "compare/diagnosis_tables.hpp"
#include "study/trained_run.hpp"

using namespace normrun;

namespace {

constexpr std::size_t kCauses = 8;

/// The lines of a budget, by column.
struct Budget {
  explicit Budget(const tables::RunRecord& record)
      : layer(fields(record, tables::TableId::kBudget, "layer")),
        cause(fields(record, tables::TableId::kBudget, "cause")),
        metric(fields(record, tables::TableId::kBudget, "metric")),
        before(fields(record, tables::TableId::kBudget, "gap_before")),
        after(fields(record, tables::TableId::kBudget, "gap_after")),
        share(fields(record, tables::TableId::kBudget, "share")) {}

  /// The share of a cause in the loss or output gap, every layer repaired.
  double share_of(const std::string& wanted, const std::string& of_metric = "outputs") const {
    for (std::size_t i = 0; i < cause.size(); ++i)
      if (layer[i] == "all" && cause[i] == wanted && metric[i] == of_metric) return std::stod(share[i]);
    FAIL("no such cause: " << wanted);
    return 0.0;
  }

  std::vector<std::string> layer, cause, metric, before, after, share;
};

/// Adds the budget of a trained network as a run does.
template <class T>
void add_budget_of(const TrainedRun<T>& trained, tables::RunRecord& record) {
  const compare::Snapshot<T> snapshot = trained.snapshot();
  compare::add_budget(snapshot, compare::repaired_statistics(snapshot, trained.plan), record);
}

/// The budget of the small config's run in double, with other values.
Budget budget_of(std::vector<std::string> set, Index steps) {
  const std::string train =
      R"(train={"optimizer": {"type": "adam", "learning_rate": 0.01}, "batch_size": 8, "steps": )" + std::to_string(steps) + "}";
  const auto gives_rows = [](const std::string& expression) {
    return expression.starts_with("data=") || expression.starts_with("data.samples=");
  };
  if (std::none_of(set.begin(), set.end(), gives_rows)) set.insert(set.begin(), {"data.samples=600", "data.test_samples=300"});
  set.insert(set.begin(), {"precision=float64", train});
  const study::RunConfig config = run_of(set);
  const TrainedRun<double> trained(config, steps);
  tables::RunRecord record;
  add_budget_of(trained, record);
  return Budget(record);
}

const std::string kStandsStill = R"(train.optimizer={"type": "sgd", "learning_rate": 0})";

}  // namespace

TEST_CASE("the causes' shares add up to the whole gap, and the layers' with their interaction to the cause's") {
  const std::string two_norms =
      R"(network=[{"type": "dense", "units": 5}, {"type": "norm"}, {"type": "relu"}, {"type": "dropout", "rate": 0.3}, )"
      R"({"type": "dense", "units": 4}, {"type": "norm"}, {"type": "dense", "units": 3}])";
  const Budget budget = budget_of({two_norms}, 20);
  std::map<std::string, double> whole;
  std::map<std::string, double> all;
  std::map<std::string, double> parts;
  for (std::size_t i = 0; i < budget.cause.size(); ++i) {
    const std::string key = budget.metric[i] + ' ' + budget.cause[i];
    (budget.layer[i] == "all" ? all : parts)[key] += std::stod(budget.share[i]);
    if (budget.layer[i] == "all") whole[budget.metric[i]] += std::stod(budget.share[i]);
  }
  CHECK(all.size() == 2 * kCauses);
  CHECK(whole["loss"] == doctest::Approx(1.0).epsilon(1e-9));
  CHECK(whole["outputs"] == doctest::Approx(1.0).epsilon(1e-9));
  REQUIRE(parts.size() >= 2);  // of the causes that have a tenth of the gap
  for (const auto& [key, sum] : parts) CHECK(sum == doctest::Approx(all.at(key)).epsilon(1e-9));
}

TEST_CASE("the budget starts from the gap that compare.csv reports and ends at none") {
  const study::RunConfig config = run_of({"compare.eval_batch_sizes=[\"train\"]", "compare.pairs=[[\"train\", \"eval\"]]"});
  const TrainedRun<float> trained(config, 10);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  add_budget_of(trained, record);
  const Budget budget(record);
  std::vector<std::string> first;
  std::vector<std::string> last;
  for (std::size_t i = 0; i < budget.layer.size(); ++i) {
    if (budget.layer[i] == "all" && budget.cause[i] == "cold-start") first.push_back(budget.before[i]);
    if (budget.layer[i] == "all" && budget.cause[i] == "batch-noise") last.push_back(budget.after[i]);
  }
  CHECK(first[0] == fields(record, tables::TableId::kCompare, "loss_gap")[0]);
  CHECK(first[1] == fields(record, tables::TableId::kCompare, "relative_gap")[0]);
  CHECK(last == std::vector<std::string>{"0", "0"});
}

TEST_CASE("with parameters that stand still nothing lags: the replayed averages are the trained ones") {
  for (const std::string average : {"exponential", "cumulative", "bias-corrected"}) {
    const Budget budget = budget_of({kStandsStill, "norm.average=" + average}, 30);
    CHECK(std::abs(budget.share_of("lag")) < 1e-9);
    CHECK(std::abs(budget.share_of("lag", "loss")) < 1e-9);
  }
  for (const std::string divided : {"train.accumulate=2", "train.replicas=2"})
    CHECK(std::abs(budget_of({kStandsStill, divided}, 30).share_of("lag")) < 1e-9);
  CHECK(std::abs(budget_of({kStandsStill, "train.replicas=2", "train.sync=moving-statistics"}, 30).share_of("lag")) < 1e-9);
  // Each ghost batch moves the averages once, also those of a last batch of 7 rows.
  for (const std::string divided : {"train.accumulate=1", "train.accumulate=2", "train.replicas=2"}) {
    const Budget budget = budget_of({kStandsStill, "data.samples=600", "norm.ghost_batch_size=3", divided}, 30);
    CHECK(std::abs(budget.share_of("lag")) < 1e-9);
  }
  CHECK(std::abs(budget_of({kStandsStill, "data.samples=31", "norm.ghost_batch_size=3"}, 8).share_of("lag")) < 1e-9);
  // 25 rows: an epoch's last batch has one, which one micro-batch of four takes.
  for (const std::string average : {"exponential", "cumulative"}) {
    const Budget budget = budget_of({kStandsStill, "data.samples=25", "train.accumulate=4", "norm.average=" + average}, 8);
    CHECK(std::abs(budget.share_of("lag")) < 1e-9);
  }
  CHECK(std::abs(budget_of({}, 30).share_of("lag")) > 1e-4);  // training moves them
}

TEST_CASE("each cause is found where it was put") {
  SUBCASE("cold start: few steps of a slow average") {
    const Budget budget = budget_of({kStandsStill, "norm.momentum=0.999", "train.batch_size=20"}, 6);
    CHECK(budget.share_of("cold-start") > 0.5);
  }
  SUBCASE("a start that left no trace") {
    CHECK(std::abs(budget_of({kStandsStill, "norm.average=cumulative"}, 400).share_of("cold-start")) < 1e-9);
  }
  SUBCASE("lag: a slow average of fast parameters") {
    const Budget budget = budget_of({"norm.momentum=0.99", R"(train.optimizer={"type": "adam", "learning_rate": 0.1})"}, 300);
    CHECK(budget.share_of("lag") > 0.1);
  }
  SUBCASE("sampling noise: the average of the last batch alone") {
    CHECK(budget_of({kStandsStill, "norm.momentum=0", "train.batch_size=4"}, 30).share_of("sampling-noise") > 0.1);
  }
  SUBCASE("dropout before the layer") {
    const std::string dropped =
        R"(network=[{"type": "dropout", "rate": 0.7}, {"type": "dense", "units": 5}, {"type": "norm"}, {"type": "dense", "units": 3}])";
    CHECK(budget_of({kStandsStill, dropped, "train.batch_size=30"}, 400).share_of("dropout", "loss") > 0.5);
  }
  SUBCASE("batches of one class each") {
    const Budget budget = budget_of({kStandsStill, R"(data.batching={"order": "by-class"})", "train.batch_size=20"}, 400);
    CHECK(budget.share_of("batch-contents") > 0.3);
  }
  SUBCASE("the biased variance of pairs") {
    const Budget biased = budget_of({kStandsStill, "train.batch_size=2"}, 400);
    const Budget unbiased = budget_of({kStandsStill, "train.batch_size=2", "norm.moving_variance=unbiased"}, 400);
    CHECK(biased.share_of("biased-variance") > 0.1);
    CHECK(std::abs(unbiased.share_of("biased-variance")) < 0.02);
  }
  SUBCASE("shifted rows") {
    const Budget budget =
        budget_of({kStandsStill, R"(data.shift=[{"split": "test", "scale": 1, "offset": 4}])", "train.batch_size=20"}, 400);
    CHECK(budget.share_of("shifted-data") > 0.5);
  }
  SUBCASE("nothing of these: only train mode's own batches") {
    const Budget budget = budget_of({kStandsStill, "norm.average=cumulative", "norm.moving_variance=unbiased", "data.samples=4000",
                                     "data.test_samples=3000", "train.batch_size=8"},
                                    3000);
    CHECK(budget.share_of("batch-noise") > 0.95);
  }
}

TEST_CASE("statistics that never moved, or keep all of the old value, are a cold start and nothing else") {
  for (const std::string still : {"train.forward_mode=eval", "norm.momentum=1"}) {
    const Budget budget = budget_of({still}, 40);
    CHECK(budget.share_of("cold-start") > 0.3);
    CHECK(std::abs(budget.share_of("lag")) < 1e-12);
    CHECK(std::abs(budget.share_of("sampling-noise")) < 1e-12);
  }
}

TEST_CASE("layer normalization has no gap to explain; the moving-average layer norm's is left unexplained") {
  const Budget none = budget_of({"norm.type=layer"}, 10);
  CHECK(none.cause == std::vector<std::string>{"unexplained", "unexplained"});
  CHECK(none.before == std::vector<std::string>{"0", "0"});
  CHECK(none.share == std::vector<std::string>{"", ""});
  const Budget moving = budget_of({"norm.type=moving_layer"}, 10);
  CHECK(moving.cause == std::vector<std::string>{"unexplained", "unexplained"});
  CHECK(std::stod(moving.before[1]) > 0.01);
  CHECK(moving.share == std::vector<std::string>{"1", "1"});
}

TEST_CASE("a deep network's budget takes no more lines than a shallow one's may, and holds no infinity") {
  std::string deep = "network=[";
  for (int i = 0; i < 20; ++i) deep += R"({"type": "dense", "units": 6}, {"type": "norm"}, {"type": "relu"}, )";
  const Budget budget = budget_of({deep + R"({"type": "dense", "units": 3}])"}, 20);
  const auto single =
      std::count_if(budget.layer.begin(), budget.layer.end(), [](const std::string& layer) { return layer.starts_with("batch"); });
  CHECK(single > 0);
  CHECK(single <= 2 * 30);  // two metrics of thirty passes
  for (const std::string& share : budget.share) CHECK(share.find("inf") == std::string::npos);
}

TEST_CASE("fresh rows for every step have a budget too") {
  const std::string data =
      R"(data={"type": "gaussian", "features": 6, "target": "zeros", "resample": true, "samples": 500, "test_samples": 64})";
  const Budget budget = budget_of({data, "train.loss=mse", "norm.momentum=0.999", "train.batch_size=32"}, 10);
  CHECK(budget.share_of("cold-start") > 0.3);
}
