#include "report/advice/advice.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

using namespace normrun;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Shares = std::vector<std::pair<std::string, double>>;

report::SettingFacts facts_of(const std::string& norm, long batch_size, double gap, Shares shares) {
  return {{norm, "", batch_size}, gap, std::move(shares), {}, "batch_1", 30.0, 0.99, 0.7397, 0.4, 0.9};
}

const report::Advice* find(const std::vector<report::Advice>& advice, const std::string& cause) {
  const auto found = std::find_if(advice.begin(), advice.end(), [&](const report::Advice& one) { return one.cause == cause; });
  return found == advice.end() ? nullptr : &*found;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a cold start is named with its numbers, and nothing is said of a remedy that was not measured") {
  const auto advice =
      report::advise({facts_of("batch", 128, 0.9, {{"cold-start", 0.75}, {"lag", 0.02}, {"batch-noise", 0.23}})}, report::AdviceContext{});
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].cause == "cold-start");
  CHECK(advice[0].setting == "batch norm, batch 128");
  CHECK(has(advice[0].finding,
            "differ by 90 % of their spread; 75 % of that (squared) is cold start: after 30 updates with momentum 0.99, 74 %"));
  CHECK(has(advice[0].remedy, "bias-corrected"));
  CHECK(advice[0].measured.empty());
  CHECK(advice[1].cause == "batch-noise");
}

TEST_CASE("a remedy that was compared comes with its effect, a better setting of the sweep with its gap") {
  report::SettingFacts cold = facts_of("batch", 128, 0.9, {{"cold-start", 0.9}});
  cold.modes = {{"eval", {0.725, 0.79}}, {"bias-corrected", {0.935, 0.2}}, {"train", {0.94, 0.2}}};
  const auto advice = report::advise({cold, facts_of("fast", 128, 0.12, {}), facts_of("other", 32, 0.01, {})}, report::AdviceContext{});
  const report::Advice* one = find(advice, "cold-start");
  REQUIRE(one != nullptr);
  CHECK(one->measured == "bias-corrected statistics: test accuracy 0.935 instead of eval mode's 0.725; fast, batch 128: a gap of 12 %");
}

TEST_CASE("each cause has its own words") {
  const auto only = [](const std::string& cause, double momentum, const report::AdviceContext& context) {
    report::SettingFacts facts = facts_of("batch", 4, 0.5, {{cause, 1.0}});
    facts.momentum = momentum;
    facts.modes = {{"train", {0.99, 0.1}}, {"eval", {0.4, 2.0}}};
    const auto advice = report::advise({facts}, context);
    REQUIRE(advice.size() == 1);
    return advice[0];
  };
  const report::AdviceContext usual;
  CHECK(has(only("lag", 0.99, usual).finding, "in batch_1 the moving mean is 0.4 population standard deviations off"));
  CHECK(has(only("sampling-noise", 0.9, usual).finding, "about 10 batches of 4 rows"));
  CHECK(only("sampling-noise", 0.1, usual).cause == "convention");
  CHECK(has(only("sampling-noise", 0.1, usual).remedy, "norm.momentum to 0.9"));
  CHECK(has(only("biased-variance", 0.9, usual).remedy, "unbiased"));
  CHECK(has(only("shifted-data", 0.9, usual).finding, "test split is distributed otherwise"));
  CHECK(has(only("dropout", 0.9, usual).remedy, "dropout behind the last normalization"));
  CHECK_FALSE(has(only("batch-contents", 0.9, usual).finding, "leaks"));
  const report::AdviceContext as_trained{"test", compare::CompareBatching::kTraining, "train"};
  CHECK(has(only("batch-contents", 0.9, as_trained).finding, "Train mode's accuracy of 0.990 leaks"));
}

TEST_CASE("population statistics of other rows repair a shift, not a bias") {
  const report::AdviceContext shifted{"test", compare::CompareBatching::kRandom, "validation"};
  report::SettingFacts facts = facts_of("batch", 128, 1.2, {{"biased-variance", 0.97}});
  facts.modes = {{"eval", {0.8, 1.0}}, {"population", {0.96, 0.1}}};
  const report::Advice one = report::advise({facts}, shifted).front();
  CHECK(one.cause == "shifted-data");
  CHECK(has(one.measured, "population statistics: test accuracy 0.960"));
}

TEST_CASE("statistics that never moved are a cold start of their own") {
  report::SettingFacts facts = facts_of("batch", 8, 0.8, {{"cold-start", 0.95}});
  facts.updates = 0.0;
  CHECK(has(report::advise({facts}, report::AdviceContext{}).front().finding, "never moved"));
}

TEST_CASE("small gaps need no repair, unknown ones no words") {
  const auto advice = report::advise({facts_of("layer", 2, 0.0, {}), facts_of("layer", 8, 0.0, {}),
                                      facts_of("batch", 512, 0.03, {{"cold-start", 1.0}}), facts_of("none", 2, kNan, {})},
                                     report::AdviceContext{});
  REQUIRE(advice.size() == 2);
  CHECK(advice[0].setting == "layer norm, 2 settings");
  CHECK(has(advice[0].finding, "do not differ: nothing to repair"));
  CHECK(has(advice[1].finding, "by at most 3 % of their spread: nothing to repair"));
  CHECK(advice[1].remedy.empty());
}

TEST_CASE("a large gap without a budget says that its causes are not known") {
  const auto advice = report::advise({facts_of("batch", 2, 0.8, {})}, report::AdviceContext{});
  REQUIRE(advice.size() == 1);
  CHECK(advice[0].cause == "unmeasured");
}

TEST_CASE("lost statistics are spoken of where they were compared") {
  report::SettingFacts facts = facts_of("batch", 8, 0.01, {});
  facts.modes = {{"eval", {0.9, 0.3}}, {"initial-statistics", {0.2, 4.0}}};
  const auto advice = report::advise({facts}, report::AdviceContext{});
  const report::Advice* lost = find(advice, "lost");
  REQUIRE(lost != nullptr);
  CHECK(has(lost->finding, "test accuracy 0.200 instead of eval mode's 0.900"));
  facts.modes.erase("initial-statistics");
  CHECK(find(report::advise({facts}, report::AdviceContext{}), "lost") == nullptr);
}

TEST_CASE("the terminal's lines have at most 80 columns and keep a number with its percent sign") {
  const std::string text = report::advice_text(
      report::advise({facts_of("batch", 128, 0.9, {{"cold-start", 0.75}, {"lag", 0.15}, {"batch-noise", 0.1}})}, report::AdviceContext{}));
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    CHECK(end - start <= 80);
    CHECK(text.substr(start, end - start).find_first_not_of(' ') != text.find('%', start));
    start = end + 1;
  }
  CHECK(has(report::advice_text({}), "not compared"));
}
