#include <doctest/doctest.h>

#include <algorithm>

#include "compare/diagnosis_tables.hpp"
#include "diagnosis/remedies.hpp"
#include "study/trained_run.hpp"

using namespace normrun;

namespace {

/// The findings of a network that is trained on 600 rows of clusters and judged on 800 others.
struct Judged {
  explicit Judged(const std::vector<std::string>& set, Index steps = 300) {
    const std::string network =
        R"(network=[{"type": "dense", "units": 12}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 12}, {"type": "norm"}, )"
        R"({"type": "relu"}, {"type": "dense", "units": 4}])";
    const std::string data =
        R"(data={"type": "gaussian", "features": 6, "classes": 4, "target": "clusters", "samples": 600, "test_samples": 800, "separation": 1.2})";
    const std::string train =
        R"(train={"optimizer": {"type": "adam", "learning_rate": 0.01}, "batch_size": 32, "steps": )" + std::to_string(steps) + "}";
    // A test that sets a whole section sets it instead of the usual one.
    std::vector<std::string> all;
    for (const std::string& usual : {network, data, train, std::string(R"(norm={"type": "batch", "momentum": 0.9})")}) {
      const auto is_same_key = [&](const std::string& other) { return other.starts_with(usual.substr(0, usual.find('=') + 1)); };
      if (std::none_of(set.begin(), set.end(), is_same_key)) all.push_back(usual);
    }
    all.insert(all.end(), set.begin(), set.end());
    const TrainedRun<float> trained(run_of(all), steps);
    const compare::Snapshot<float> snapshot = trained.snapshot();
    const diagnosis::Subject<float> subject = compare::diagnosis_subject(snapshot, trained.plan);
    auto stages = diagnosis::repair_stages(subject, snapshot.settings.population);
    if (!diagnosis::draws_at_random(trained.plan)) stages = diagnosis::stages_by_contents(subject, stages);
    result = diagnosis::diagnose(subject, data::SplitName::kTest, stages);
    REQUIRE_FALSE(result.findings.empty());
  }
  const diagnosis::Finding& first() const { return result.findings.front(); }
  bool names(diagnosis::Cause cause) const {
    return std::any_of(result.findings.begin(), result.findings.end(),
                       [&](const diagnosis::Finding& one) { return one.finding != "lint" && one.cause == cause; });
  }
  const diagnosis::TriedRemedy* remedy(const std::string& name) const {
    for (const diagnosis::TriedRemedy& one : result.remedies)
      if (one.remedy == name) return &one;
    return nullptr;
  }
  diagnosis::Diagnosis result;
};

bool is_confirmed(const diagnosis::TriedRemedy& one) { return one.verdict == "confirmed"; }

}  // namespace

TEST_CASE("a healthy network is left in peace, with the harm that is excluded") {
  const Judged judged({});
  CHECK(judged.first().finding == "nothing-found");
  CHECK(judged.first().cause == diagnosis::Cause::kNone);
  CHECK(judged.first().high < 0.05);
  CHECK(judged.first().samples == 800);
}

TEST_CASE("a cold start is named, and the statistics that repair it are confirmed") {
  const Judged judged(
      {"norm.momentum=0.999", R"(data.shift=[{"split": "train", "scale": 3, "offset": 2}, {"split": "test", "scale": 3, "offset": 2}])"},
      60);
  CHECK(judged.first().finding == "statistics-wrong");
  CHECK(judged.first().cause == diagnosis::Cause::kColdStart);
  CHECK(judged.first().effect > 0.02);
  REQUIRE(judged.remedy("bias-corrected") != nullptr);
  const bool is_confirmed = judged.remedy("bias-corrected")->verdict == "confirmed" ||
                            judged.remedy("layer-by-layer")->verdict == "confirmed" ||
                            judged.remedy("batch-average")->verdict == "confirmed";
  CHECK(is_confirmed);
}

TEST_CASE("a cold start that multiplies from layer to layer is named by what its repair gives back") {
  std::string network = "network=[";
  for (int layer = 0; layer < 10; ++layer) network += R"({"type": "dense", "units": 16}, {"type": "norm"}, {"type": "relu"}, )";
  const Judged judged(
      {network + R"({"type": "dense", "units": 1}])",
       R"(data={"type": "uniform", "low": -2, "high": 2, "features": 17, "target": "teacher", "samples": 2000, "test_samples": 600})",
       R"(train={"optimizer": {"type": "sgd", "learning_rate": 0.03, "momentum": 0.9}, "batch_size": 8, "steps": 90})",
       "norm.momentum=0.99", "seed=1"},
      90);
  CHECK(judged.first().finding == "statistics-wrong");
  CHECK(judged.first().cause == diagnosis::Cause::kColdStart);
  CHECK(judged.first().effect > 1.0);
}

TEST_CASE("a convention that keeps only the last small batch is named") {
  const Judged judged({"norm.momentum=0.99", "norm.momentum_weighs=new", "train.batch_size=4"}, 1200);
  CHECK(judged.first().finding == "statistics-wrong");
  CHECK(judged.first().cause == diagnosis::Cause::kConvention);
}

TEST_CASE("statistics of the last batch alone do not lag") {
  std::string network = "network=[";
  for (int layer = 0; layer < 6; ++layer) network += R"({"type": "dense", "units": 32}, {"type": "tanh"}, {"type": "norm"}, )";
  const Judged judged(
      {network + R"({"type": "dense", "units": 1}])",
       R"(data={"type": "uniform", "low": -2, "high": 2, "features": 8, "target": "teacher", "samples": 600, "test_samples": 600})",
       "norm.momentum=0.1", "train.batch_size=2", "seed=0"});
  CHECK(judged.first().finding == "statistics-wrong");
  CHECK(judged.first().cause == diagnosis::Cause::kConvention);
  CHECK_FALSE(judged.names(diagnosis::Cause::kLag));
}

TEST_CASE("an average that still holds its initial values has a cold start, and no lag besides") {
  const Judged judged({"norm.momentum=0.99", "train.batch_size=16", "train.optimizer.learning_rate=0.03", "seed=2"}, 100);
  CHECK(judged.first().cause == diagnosis::Cause::kColdStart);
  CHECK_FALSE(judged.names(diagnosis::Cause::kLag));
}

TEST_CASE("the variance that a last batch of one row lacks is that batch's fault") {
  const Judged judged({"norm.momentum=0.5", "data.samples=257", "train.batch_size=64", "seed=1"}, 100);
  CHECK(judged.first().cause == diagnosis::Cause::kLastBatch);
  CHECK_FALSE(judged.names(diagnosis::Cause::kBiasedVariance));
}

TEST_CASE("a harm that is nearly sure counts where the training rows show it, too") {
  const Judged judged({"norm.momentum=0.99", "train.batch_size=16", "train.optimizer.learning_rate=0.03", "seed=1"}, 60);
  CHECK(judged.first().finding == "statistics-wrong");
  CHECK(judged.first().cause == diagnosis::Cause::kColdStart);
  CHECK(judged.first().p > diagnosis::Margins{}.level);
  CHECK(judged.first().p < 10.0 * diagnosis::Margins{}.level);
}

TEST_CASE("shifted rows are named, and nothing else is") {
  const Judged judged({R"(data.shift=[{"split": "test", "scale": 0.5, "offset": 1.5}])"});
  CHECK(judged.first().finding == "rows-shifted");
  CHECK(judged.first().cause == diagnosis::Cause::kShiftedData);
  CHECK(judged.first().p <= 0.002);
}

TEST_CASE("batches of two of four classes are named") {
  const Judged judged({R"(data.batching={"order": "by-class", "classes_per_batch": 2})"});
  CHECK(judged.first().cause == diagnosis::Cause::kBatchContents);
}

TEST_CASE("validation rows decide on a remedy, and the test rows only report") {
  const std::string shifted = R"(data.shift=[{"split": "train", "scale": 3, "offset": 2}, {"split": "test", "scale": 3, "offset": 2})";
  const std::vector<std::string> alike = {"norm.momentum=0.999", "data.validation_fraction=0.3",
                                          shifted + R"(, {"split": "validation", "scale": 3, "offset": 2}])"};
  const Judged judged(alike, 60);
  CHECK(judged.first().cause == diagnosis::Cause::kColdStart);
  REQUIRE(judged.remedy("layer-by-layer") != nullptr);
  CHECK(judged.remedy("layer-by-layer")->samples == 800);
  CHECK(judged.remedy("layer-by-layer")->accuracy_after > judged.remedy("layer-by-layer")->accuracy_before + 0.05);
  CHECK(std::any_of(judged.result.remedies.begin(), judged.result.remedies.end(), is_confirmed));
  // Validation rows that are all alike gain nothing and confirm nothing.
  const Judged other({"norm.momentum=0.999", "data.validation_fraction=0.3", shifted + R"(, {"split": "validation", "scale": 1e-6}])"}, 60);
  CHECK(other.first().cause == diagnosis::Cause::kColdStart);
  CHECK(other.remedy("layer-by-layer")->accuracy_after > other.remedy("layer-by-layer")->accuracy_before + 0.05);
  CHECK_FALSE(std::any_of(other.result.remedies.begin(), other.result.remedies.end(), is_confirmed));
}

TEST_CASE("no cause calls for more than three remedies") {
  for (const auto& [cause, word] : diagnosis::kCauseWords) {
    if (cause == diagnosis::Cause::kNormOnOutput) continue;
    CAPTURE(word);
    CHECK(diagnosis::remedies_for(cause).size() >= 1);
    CHECK(diagnosis::remedies_for(cause).size() <= 3);
  }
}
