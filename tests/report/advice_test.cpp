#include "report/advice/advice.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace normrun;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

report::ToldFinding finding_of(const std::string& finding, diagnosis::Cause cause, double effect, double place = 0.0) {
  report::ToldFinding told;
  told.finding = finding;
  told.cause = cause;
  told.metric = "accuracy";
  told.effect = {1, effect, kNan, kNan, kNan, effect, effect};
  told.low = effect - 0.02;
  told.high = effect + 0.02;
  told.place = place;
  told.samples = 500.0;
  return told;
}

report::SettingDiagnosis setting_of(const std::string& norm, long batch_size, std::vector<report::ToldFinding> findings) {
  report::SettingDiagnosis own;
  own.setting = {norm, "", batch_size};
  own.runs = 1;
  own.findings = std::move(findings);
  own.layer = {"batch_1", 30.0, 0.99, 0.7397, 0.4, 0.9};
  own.gap = 0.5;
  own.lost_accuracy = own.lost_loss = own.eval_accuracy = own.eval_loss = kNan;
  return own;
}

report::ToldRemedy remedy_of(const std::string& name, std::size_t confirmed, std::size_t worse, double accuracy_after) {
  return {name, 1, confirmed, worse, false, 0.8, 0.3, 0.725, accuracy_after};
}

const report::Advice* find(const std::vector<report::Advice>& advice, diagnosis::Cause cause) {
  const auto found = std::find_if(advice.begin(), advice.end(), [&](const report::Advice& one) { return one.cause == cause; });
  return found == advice.end() ? nullptr : &*found;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a cold start is named with its numbers; without a measured remedy the change is called untried") {
  const auto advice = report::advise({setting_of("batch", 128, {finding_of("statistics-wrong", diagnosis::Cause::kColdStart, 0.21)})},
                                     report::AdviceContext{});
  REQUIRE(advice.size() == 1);
  CHECK(advice[0].cause == diagnosis::Cause::kColdStart);
  CHECK(advice[0].setting == "batch norm, batch 128");
  CHECK(has(advice[0].finding, "21.0 [19.0, 23.0] percentage points of test accuracy"));
  CHECK(has(advice[0].finding, "after 30 updates with momentum 0.99, 74 %"));
  CHECK(advice[0].remedy.starts_with("untried: "));
  CHECK(advice[0].measured.empty());
  REQUIRE(advice[0].interval.has_value());
  CHECK(advice[0].interval->first == doctest::Approx(0.19));
}

TEST_CASE("a confirmed remedy is recommended with its effect; one that measures worse stands under tried alone") {
  report::SettingDiagnosis cold = setting_of("batch", 128, {finding_of("statistics-wrong", diagnosis::Cause::kColdStart, 0.21)});
  cold.remedies = {remedy_of("batch-average", 0, 1, 0.5), remedy_of("bias-corrected", 1, 0, 0.935)};
  const auto advice = report::advise({cold}, report::AdviceContext{});
  CHECK(has(advice[0].remedy, "bias-corrected"));
  CHECK(has(advice[0].measured, "test accuracy 93.5 % instead of eval mode's 72.5 %"));
  CHECK_FALSE(has(advice[0].remedy + advice[0].measured, "batch-average"));
  REQUIRE(advice[0].tried.size() == 1);
  CHECK(has(advice[0].tried[0], "batch-average: test accuracy 50.0 %"));
  CHECK(has(advice[0].tried[0], "worse"));
}

TEST_CASE("a measured remedy is named by what it gives") {
  for (const auto& [remedy, words] :
       {std::pair("momentum", "statistics that remember more batches: "), std::pair("layer-by-layer", "layer-by-layer statistics: ")}) {
    report::SettingDiagnosis noisy = setting_of("batch", 8, {finding_of("statistics-wrong", diagnosis::Cause::kSamplingNoise, 0.1)});
    noisy.remedies = {remedy_of(remedy, 1, 0, 0.935)};
    CHECK(report::advise({noisy}, report::AdviceContext{})[0].measured.starts_with(words));
  }
}

TEST_CASE("momentum is told in the config's own convention") {
  report::SettingDiagnosis noisy = setting_of("batch", 8, {finding_of("statistics-wrong", diagnosis::Cause::kSamplingNoise, 0.1)});
  noisy.layer.momentum = 0.5;
  CHECK(has(report::advise({noisy}, report::AdviceContext{})[0].remedy, "raise norm.momentum to 0.9"));
  report::AdviceContext torch;
  torch.weighs_new = true;
  CHECK(has(report::advise({noisy}, torch)[0].remedy, "lower norm.momentum to 0.1"));
  report::SettingDiagnosis other = setting_of("batch", 8, {finding_of("statistics-wrong", diagnosis::Cause::kConvention, 0.1)});
  other.layer.momentum = 0.01;
  CHECK(has(report::advise({other}, torch)[0].remedy, "set norm.momentum to 0.01, if 0.99 was meant in Keras's convention"));
  CHECK(has(report::advise({other}, report::AdviceContext{})[0].remedy,
            "set norm.momentum to 0.99, if 0.01 was meant in PyTorch's convention"));
  other.layer.momentum = 0.0;  // the other convention's 1 is no average either
  CHECK(has(report::advise({other}, report::AdviceContext{})[0].remedy, "raise norm.momentum to 0.9"));
  report::SettingDiagnosis cold = setting_of("batch", 8, {finding_of("statistics-wrong", diagnosis::Cause::kColdStart, 0.1)});
  cold.layer.momentum = cold.layer.init_share = 1.0;
  CHECK(has(report::advise({cold}, torch)[0].remedy, "raise norm.momentum"));
}

TEST_CASE("each cause stands once, at the setting where it weighs most; causes of one setting in its own order") {
  const auto advice = report::advise({setting_of("batch", 4, {finding_of("statistics-wrong", diagnosis::Cause::kLag, 0.1)}),
                                      setting_of("batch", 8,
                                                 {finding_of("statistics-wrong", diagnosis::Cause::kLag, 0.3),
                                                  finding_of("statistics-wrong", diagnosis::Cause::kDropout, 0.4, 1.0)})},
                                     report::AdviceContext{});
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].cause == diagnosis::Cause::kLag);
  CHECK(advice[0].setting == "batch norm, batch 8");
  CHECK(has(advice[0].finding, "2 settings have this fault"));
  CHECK(advice[1].cause == diagnosis::Cause::kDropout);
}

TEST_CASE("healthy settings say which harm is excluded, equal modes that nothing is to repair, old results that nothing was measured") {
  report::ToldFinding nothing = finding_of("nothing-found", diagnosis::Cause::kNone, 0.004);
  nothing.detectable = 0.05;
  report::ToldFinding equal = finding_of("nothing-found", diagnosis::Cause::kNone, 0.0);
  equal.low = equal.high = 0.0;
  report::SettingDiagnosis old = setting_of("old", 2, {});
  old.runs = 0;
  const auto advice = report::advise(
      {setting_of("batch", 8, {nothing}), setting_of("layer", 8, {equal}), setting_of("layer", 16, {equal}), old}, report::AdviceContext{});
  REQUIRE(advice.size() == 3);
  CHECK(advice[0].cause == diagnosis::Cause::kNothingFound);
  CHECK(has(advice[0].finding, "a harm above 2.4 percentage points of test accuracy is excluded"));
  CHECK(has(advice[0].finding, "a harm of 5.0 percentage points would be found"));
  nothing.high = nothing.effect.mean = -0.001;  // recomputed statistics are worse: a harm below one row cannot be told from none
  nothing.samples = 500;
  const auto better = report::advise({setting_of("batch", 8, {nothing})}, report::AdviceContext{});
  CHECK(has(better[0].finding, "a harm above 0.2 percentage points of test accuracy is excluded"));
  CHECK(advice[1].setting == "layer norm, 2 settings");
  CHECK(has(advice[1].finding, "nothing to repair"));
  CHECK(advice[2].cause == diagnosis::Cause::kUnmeasured);
}

TEST_CASE("a noisy train mode is no alarm, and a lint has no cause") {
  report::ToldFinding lint = finding_of("lint", diagnosis::Cause::kLastBatch, 1.0);
  const auto advice = report::advise({setting_of("batch", 2, {finding_of("train-mode-noisy", diagnosis::Cause::kBatchNoise, 0.2), lint})},
                                     report::AdviceContext{});
  const report::Advice* noise = find(advice, diagnosis::Cause::kBatchNoise);
  REQUIRE(noise != nullptr);
  CHECK(has(noise->finding, "Eval mode is right"));
  CHECK(noise->remedy.empty());
  const report::Advice* word = find(advice, diagnosis::Cause::kNone);
  REQUIRE(word != nullptr);
  CHECK(has(word->finding, "one row"));
  CHECK(find(advice, diagnosis::Cause::kLastBatch) == nullptr);
}

TEST_CASE("a better setting of the sweep is named by its score, and an axis of data is not") {
  report::SettingDiagnosis bad = setting_of("batch", 2, {finding_of("statistics-wrong", diagnosis::Cause::kBiasedVariance, 0.2)});
  report::SettingDiagnosis good = setting_of("layer", 2, {});
  report::SettingDiagnosis other_rows = setting_of("batch", 2, {});
  other_rows.setting.others = "data.test = b.csv";
  for (long seed = 0; seed < 3; ++seed) {
    bad.scores.push_back({seed, 0.6 + 0.01 * static_cast<double>(seed), 0.7});
    good.scores.push_back({seed, 0.9, 0.9});
    other_rows.scores.push_back({seed, 0.99, 0.99});
  }
  report::AdviceContext context;
  context.others_train = false;
  const auto advice = report::advise({bad, good, other_rows}, context);
  CHECK(has(advice[0].measured, "layer norm, batch 2: test accuracy 90.0 % instead of 61.0 %"));
  CHECK(has(advice[0].remedy, "raise train.batch_size"));
  CHECK_FALSE(has(advice[0].measured, "b.csv"));
}

TEST_CASE("training is harmed where small batches cost a batch norm more than a norm without batches, over three seeds") {
  std::vector<report::SettingDiagnosis> sweep = {setting_of("batch", 2, {}), setting_of("batch", 64, {}), setting_of("layer", 2, {}),
                                                 setting_of("layer", 64, {})};
  const double best[] = {0.6, 0.9, 0.85, 0.9};
  for (std::size_t i = 0; i < 4; ++i) {
    if (i >= 2) sweep[i].layer.layer = "";
    for (long seed = 0; seed < 3; ++seed)
      sweep[i].scores.push_back({seed, 0.5, best[i] + 0.001 * static_cast<double>(seed * (i == 0 ? 2 : 1))});
  }
  const auto advice = report::advise(sweep, report::AdviceContext{});
  const report::Advice* harmed = find(advice, diagnosis::Cause::kHarmedTraining);
  REQUIRE(harmed != nullptr);
  CHECK(harmed->setting == "batch norm, batch 2");
  CHECK(harmed->interval->first > 0.2);
  for (report::SettingDiagnosis& one : sweep) one.scores.resize(2);
  CHECK(find(report::advise(sweep, report::AdviceContext{}), diagnosis::Cause::kHarmedTraining) == nullptr);
}

TEST_CASE("lost statistics are spoken of where they were compared") {
  report::SettingDiagnosis own = setting_of("batch", 8, {});
  own.eval_accuracy = 0.9;
  own.eval_loss = 0.3;
  own.lost_accuracy = 0.2;
  own.lost_loss = 4.0;
  const auto advice = report::advise({own}, report::AdviceContext{});
  const report::Advice* lost = find(advice, diagnosis::Cause::kLost);
  REQUIRE(lost != nullptr);
  CHECK(has(lost->finding, "test accuracy 20.0 % instead of eval mode's 90.0 %"));
  own.lost_loss = kNan;
  CHECK(find(report::advise({own}, report::AdviceContext{}), diagnosis::Cause::kLost) == nullptr);
}

TEST_CASE("the terminal's lines have at most 80 columns and keep a number with its percent sign") {
  const std::string text = report::advice_text(report::advise(
      {setting_of("batch", 128, {finding_of("statistics-wrong", diagnosis::Cause::kColdStart, 0.21)})}, report::AdviceContext{}));
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    CHECK(end - start <= 80);
    CHECK(text.substr(start, end - start).find_first_not_of(' ') != text.find('%', start));
    start = end + 1;
  }
  CHECK(has(report::advice_text({}), "not compared"));
}
