#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "compare/budget.hpp"
#include "compare/compare_modes.hpp"
#include "compare/diagnosis_tables.hpp"
#include "study/eval_divergence.hpp"
#include "study/trained_run.hpp"

using namespace normrun;

namespace {

/// Every field of a table's columns between two of them, the first to the last line.
std::vector<std::string> fields_between(const tables::RunRecord& record, tables::TableId id, std::string_view first,
                                        std::string_view last) {
  std::vector<std::string> found;
  bool is_within = false;
  for (const tables::Column& column : tables::table(id).columns) {
    is_within = is_within || column.name == first;
    if (is_within)
      for (const std::string& field : fields(record, id, column.name)) found.push_back(field);
    if (column.name == last) break;
  }
  return found;
}

bool all_empty(const std::vector<std::string>& found) {
  return !found.empty() && std::all_of(found.begin(), found.end(), [](const std::string& field) { return field.empty(); });
}

/// A run that never moves its statistics: eval mode divides by the root of 0.
study::RunConfig frozen_run() {
  study::RunConfig config =
      run_of({"norm.type=batch", "norm.epsilon=0", "norm.initial_variance=0", "train.forward_mode=frozen-statistics"});
  config.compare.pairs = {{"train", "eval"}, {"eval", "population"}};
  config.compare.eval_batch_sizes = {{.word = "train"}};
  return config;
}

}  // namespace

TEST_CASE("eval mode that is not finite: no scores of it, nothing compared with it, and the layer is named") {
  const TrainedRun<double> trained(frozen_run(), 12);
  tables::RunRecord record;
  REQUIRE(compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record) == data::SplitName::kTest);
  CHECK(all_empty(fields_between(record, tables::TableId::kCompare, "max_abs", "disagreement")));
  for (const char* column : {"loss_gap", "accuracy_gap"}) CHECK(all_empty(fields(record, tables::TableId::kCompare, column)));
  // Train mode and population mode have theirs.
  for (const char* metric : {"loss_", "accuracy_"}) {
    const auto of_a = fields(record, tables::TableId::kCompare, std::string(metric) + "a");
    const auto of_b = fields(record, tables::TableId::kCompare, std::string(metric) + "b");
    CHECK((!of_a[0].empty() && of_b[0].empty() && of_a[1].empty() && !of_b[1].empty()));
  }
  const auto modes = fields(record, tables::TableId::kClasses, "mode");
  const auto recall = fields(record, tables::TableId::kClasses, "recall");
  for (std::size_t i = 0; i < modes.size(); ++i) CHECK(recall[i].empty() == (modes[i] == "eval"));
  CHECK(std::isnan(compare::score_split(trained.snapshot(), data::SplitName::kTest, "eval", 4).accuracy));
  CHECK(study::eval_divergence(trained.snapshot(), data::SplitName::kTest) ==
        "eval mode is not finite on the test split after step 12; first non-finite tensor: layer batch_1, activations, because "
        "moving_variance + "
        "epsilon is not above 0");
}

TEST_CASE("a NaN and a negative moving variance are met in eval mode") {
  const TrainedRun<float> trained(run_of({"norm.type=batch"}), 12);
  for (const auto& [value, tensor] :
       {std::pair(-1.0F, "activations, because moving_variance"), std::pair(std::nanf(""), "moving_variance")}) {
    nn::Model<float> model = trained.trainer.model();
    model.state[static_cast<std::size_t>(trained.network.layout().normalizations[0].moving_variance->offset)] = value;
    const compare::Snapshot<float> own = trained.snapshot();
    const compare::Snapshot<float> snapshot{own.network, model, own.data, own.settings, own.loss, own.epoch, own.step};
    tables::RunRecord record;
    CHECK(compare::compare_modes(snapshot, compare::Moment::kFinal, record) == data::SplitName::kTest);
    CHECK(study::eval_divergence(snapshot, data::SplitName::kTest).find(std::string("layer batch_1, ") + tensor) != std::string::npos);
    CHECK(all_empty(fields(record, tables::TableId::kLayers, "var_ratio")));
  }
}

TEST_CASE("train mode that is not finite leaves eval mode's scores, and the run is not said to have diverged") {
  study::RunConfig config = run_of({"norm.type=batch", "norm.epsilon=0"});
  config.compare.eval_batch_sizes = {{.word = "", .value = 1}};  // 0 / 0
  const TrainedRun<float> trained(config, 12);
  tables::RunRecord record;
  CHECK_FALSE(compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record));
  CHECK(fields(record, tables::TableId::kCompare, "accuracy_a")[0].empty());
  CHECK_FALSE(fields(record, tables::TableId::kCompare, "accuracy_b")[0].empty());
}

TEST_CASE("a loss that is infinite is no score, though the outputs are finite and compared") {
  study::RunConfig config = run_of({"norm.type=none", "train.loss=mse",
                                    R"(data={"type": "gaussian", "samples": 60, "features": 6, "target": "zeros", "test_samples": 30})"});
  const TrainedRun<double> trained(config, 0);
  nn::Model<double> model = trained.trainer.model();
  for (double& weight : model.params) weight *= 1e100;
  const compare::Snapshot<double> own = trained.snapshot();
  const compare::Snapshot<double> snapshot{own.network, model, own.data, own.settings, own.loss, own.epoch, own.step};
  tables::RunRecord record;
  CHECK(compare::compare_modes(snapshot, compare::Moment::kFinal, record) == data::SplitName::kTest);
  CHECK(all_empty(fields(record, tables::TableId::kCompare, "loss_a")));
  CHECK(fields(record, tables::TableId::kCompare, "max_abs")[0] == "0");
  CHECK(study::eval_divergence(snapshot, data::SplitName::kTest).ends_with("; first non-finite tensor: the loss"));
}
