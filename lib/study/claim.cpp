#include "study/claim.hpp"

#include <algorithm>

namespace normrun::study {
namespace {

const std::vector<std::pair<std::string_view, ClaimTest>> kTests = {
    {"greater", ClaimTest::kGreater}, {"less", ClaimTest::kLess},        {"within", ClaimTest::kWithin},
    {"equal", ClaimTest::kEqual},     {"not_less", ClaimTest::kNotLess}, {"not_greater", ClaimTest::kNotGreater},
    {"slope", ClaimTest::kSlope},     {"range", ClaimTest::kRange}};

/// An option and the tests that read it.  A resolved config has every option, so an option counts as given only if it differs from its
/// default.
struct TestKey {
  std::string_view name;
  bool is_given;
  std::vector<ClaimTest> tests;

  bool is_read_by(ClaimTest test) const { return std::find(tests.begin(), tests.end(), test) != tests.end(); }
};

std::vector<TestKey> test_keys(const Claim& claim) {
  using enum ClaimTest;
  return {{"than", claim.than.has_value(), {kGreater, kLess, kEqual, kRange}},
          {"versus", !claim.versus.empty(), {kGreater, kLess, kWithin, kEqual, kNotLess, kNotGreater}},
          {"beside", !claim.beside.empty(), {kGreater, kLess, kWithin, kEqual, kNotLess, kNotGreater}},
          {"by", claim.by != 0.0, {kGreater, kLess}},
          {"by_factor", claim.by_factor.has_value(), {kGreater, kLess}},
          {"within", !claim.within.empty(), {kWithin, kSlope, kRange}},
          {"tolerance", claim.tolerance.has_value(), {kEqual}},
          {"margin", claim.margin.has_value(), {kGreater, kLess, kNotLess, kNotGreater}},
          {"axis", !claim.axis.empty(), {kSlope, kRange}}};
}

std::string names_of(const std::vector<ClaimTest>& tests) {
  std::string names;
  for (const auto& [name, test] : kTests) {
    if (std::find(tests.begin(), tests.end(), test) != tests.end()) names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

std::string quoted(std::string_view key) { return '"' + std::string(key) + '"'; }

/// Refuses keys that the test does not read.  A test that ignored them would answer another question than the author asked.
void refuse_unread_keys(const Claim& claim, config::OptionVisitor& visitor) {
  for (const TestKey& key : test_keys(claim)) {
    visitor.require(!key.is_given || key.is_read_by(claim.test), key.name,
                    "no " + quoted(key.name) + " for the test " + names_of({claim.test}) +
                        ", which would ignore it; leave it out, or ask for a test that reads it: " + names_of(key.tests));
  }
}

void refuse_contradictions(const Claim& claim, config::OptionVisitor& visitor) {
  const auto not_both = [&](bool has_both, std::string_view key, std::string_view other) {
    visitor.require(!has_both, key, "either " + quoted(key) + " or " + quoted(other) + ", not both; leave one of them out");
  };
  const auto without_rows = [&](bool is_given, std::string_view key, std::string_view meaning) {
    visitor.require(
        !is_given || !claim.versus.empty(), key,
        "no " + quoted(key) + " without \"versus\": it is the least " + std::string(meaning) + " those rows; leave it out, or name them");
  };
  const bool compares = claim.test == ClaimTest::kGreater || claim.test == ClaimTest::kLess;
  if (compares) without_rows(claim.by != 0.0, "by", "difference from");
  if (compares) without_rows(claim.by_factor.has_value(), "by_factor", "ratio to");
  if (compares || claim.test == ClaimTest::kWithin || claim.test == ClaimTest::kEqual) {
    visitor.require(claim.beside.empty() || !claim.versus.empty(), "beside",
                    "no \"beside\" without \"versus\": it changes the rows of both; leave it out, or name them");
  }
  not_both(compares && claim.by != 0.0 && claim.by_factor, "by", "by_factor");
  not_both(compares && claim.margin && claim.by_factor, "margin", "by_factor");
  not_both(claim.margin && claim.every_seed, "margin", "every_seed");
  not_both(claim.test == ClaimTest::kEqual && claim.than && !claim.versus.empty(), "than", "versus");
  not_both(claim.test == ClaimTest::kRange && claim.than && !claim.within.empty(), "than", "within");
}

}  // namespace

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kConfirmed:
      return "confirmed";
    case Verdict::kRefuted:
      return "refuted";
    case Verdict::kUndecided:
      return "undecided";
  }
  return "";
}

void Claim::describe(config::OptionVisitor& visitor) {
  visitor.text({"id", "short name, unique in its config"}, id);
  visitor.text({"statement", "what is claimed, as its source says it"}, statement);
  visitor.text({"source", "document, paper"}, source);
  visitor.text({"metric", "table.column, as `normrun list metrics` names them"}, metric);
  visitor.text({"minus", "another column of the same table, subtracted row by row: table.column"}, minus);
  visitor.any({"where", "the rows that the claim is about: column to value, or to a list of values"}, where);
  visitor.any({"versus", "the rows to compare with, as changes of `where`"}, versus);
  visitor.any({"beside", "changes of both rows, for a difference of differences: (where - versus) - (the same rows with these changes)"},
              beside);
  visitor.choice<Reduce>(
      {"reduce", "how several rows of one run become one value; none: more than one is an error"}, reduce,
      {{"none", Reduce::kNone}, {"mean", Reduce::kMean}, {"median", Reduce::kMedian}, {"max", Reduce::kMax}, {"min", Reduce::kMin}});
  visitor.choice<ClaimTest>(
      {"test",
       "greater or less: than a number or than `versus`; within: an interval; equal: exactly or within `tolerance`; "
       "not_less, not_greater: than `versus` by `margin` or more; slope: of log metric against log axis; range: highest - lowest along "
       "an axis"},
      test, kTests);
  visitor.number({"than", "the number to compare with"}, than, config::any_number());
  visitor.number({"by", "the least difference from `versus`"}, by, config::at_least(0.0));
  visitor.number({"by_factor", "the least ratio to `versus`; tested on logarithms"}, by_factor, config::above(0.0));
  visitor.numbers({"within", "the interval [low, high]"}, within, config::any_number());
  visitor.number({"tolerance", "the margin of an equivalence test"}, tolerance, config::above(0.0));
  visitor.number(
      {"margin",
       "not_less, not_greater: the margin; greater, less: how far beyond the bound a value is to be seen, for which `normrun claims "
       "--power` counts seeds (default: `by` or `by_factor`)"},
      margin, config::above(0.0));
  visitor.text({"axis", "the column along which a slope or a range is taken, e.g. batch_size"}, axis);
  visitor.flag({"every_seed", "test each seed instead of the mean over the seeds"}, every_seed);
  visitor.choice<Verdict>({"expect", "the verdict that the author expects; any other verdict makes `normrun claims` return exit code 4"},
                          expect, {{"confirmed", Verdict::kConfirmed}, {"refuted", Verdict::kRefuted}, {"undecided", Verdict::kUndecided}});

  visitor.require(!id.empty(), "", "the key \"id\"");
  visitor.require(metric.find('.') != std::string::npos, "metric", "table.column, e.g. compare.relative_gap");
  visitor.require(minus.empty() || minus.substr(0, minus.find('.')) == metric.substr(0, metric.find('.')), "minus",
                  "a column of the metric's own table");
  visitor.require(within.empty() || (within.size() == 2 && within[0] <= within[1]), "within", "two numbers, low and high");
  const bool compares = test == ClaimTest::kGreater || test == ClaimTest::kLess;
  visitor.require(!compares || than.has_value() != !versus.empty(), "", "either \"than\" or \"versus\" for the test greater or less");
  const bool is_one_sided_margin = test == ClaimTest::kNotLess || test == ClaimTest::kNotGreater;
  visitor.require(!is_one_sided_margin || (margin && !versus.empty()), "",
                  "the keys \"versus\" and \"margin\" for the tests not_less and not_greater");
  visitor.require(test != ClaimTest::kWithin || !within.empty(), "", "the key \"within\" for the test within");
  visitor.require(test != ClaimTest::kSlope || (!within.empty() && !axis.empty()), "",
                  "the keys \"axis\" and \"within\" for the test slope");
  visitor.require(test != ClaimTest::kRange || ((!within.empty() || than) && !axis.empty()), "",
                  "the keys \"axis\" and \"than\" or \"within\" for the test range");
  visitor.require(versus.empty() || versus.front() == '{', "versus", "an object { … }");
  visitor.require(beside.empty() || beside.front() == '{', "beside", "an object { … }");
  if (visitor.refused("test")) return;  // without a test, no key can be judged
  refuse_unread_keys(*this, visitor);
  refuse_contradictions(*this, visitor);
}

}  // namespace normrun::study
