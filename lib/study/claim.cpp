#include "study/claim.hpp"

namespace normrun {

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

void Claim::describe(OptionVisitor& visitor) {
  visitor.text({"id", "short name, unique in its config"}, id);
  visitor.text({"statement", "what is claimed, as its source says it"}, statement);
  visitor.text({"source", "document, paper"}, source);
  visitor.text({"metric", "table.column, as `normrun list metrics` names them"}, metric);
  visitor.text({"minus", "another column of the same table, subtracted row by row: table.column"}, minus);
  visitor.any({"where", "the rows that are meant: column to value, or to a list of values"}, where);
  visitor.any({"versus", "the rows that they are compared with, as changes of `where`"}, versus);
  visitor.choice<Reduce>({"reduce", "how several rows of one run become one value; none: more than one is an error"}, reduce,
                         {{"none", Reduce::kNone}, {"mean", Reduce::kMean}, {"max", Reduce::kMax}, {"min", Reduce::kMin}});
  visitor.choice<ClaimTest>({"test",
                             "greater or less: than a number or than `versus`; within: an interval; equal: exactly or within `tolerance`; "
                             "slope: of log metric against log axis; range: highest - lowest along an axis"},
                            test,
                            {{"greater", ClaimTest::kGreater},
                             {"less", ClaimTest::kLess},
                             {"within", ClaimTest::kWithin},
                             {"equal", ClaimTest::kEqual},
                             {"slope", ClaimTest::kSlope},
                             {"range", ClaimTest::kRange}});
  visitor.number({"than", "the number to compare with"}, than, any_number());
  visitor.number({"by", "the least difference from `versus`"}, by, at_least(0.0));
  visitor.number({"by_factor", "the least ratio to `versus`; tested on logarithms"}, by_factor, above(0.0));
  visitor.numbers({"within", "the interval [low, high]"}, within, any_number());
  visitor.number({"tolerance", "the margin of an equivalence test"}, tolerance, above(0.0));
  visitor.text({"axis", "the column along which a slope or a range is taken, e.g. batch_size"}, axis);
  visitor.flag({"every_seed", "ask it of each seed instead of the mean over the seeds"}, every_seed);
  visitor.choice<Verdict>({"expect", "the verdict that the author expects; any other is exit code 4"}, expect,
                          {{"confirmed", Verdict::kConfirmed}, {"refuted", Verdict::kRefuted}, {"undecided", Verdict::kUndecided}});

  visitor.require(!id.empty(), "", "the key \"id\"");
  visitor.require(metric.find('.') != std::string::npos, "metric", "table.column, e.g. compare.relative_gap");
  visitor.require(minus.empty() || minus.substr(0, minus.find('.')) == metric.substr(0, metric.find('.')), "minus",
                  "a column of the metric's own table");
  visitor.require(within.empty() || (within.size() == 2 && within[0] <= within[1]), "within", "two numbers, low and high");
  const bool compares = test == ClaimTest::kGreater || test == ClaimTest::kLess;
  visitor.require(!compares || than.has_value() != !versus.empty(), "", "either \"than\" or \"versus\" for the test greater or less");
  visitor.require(test != ClaimTest::kWithin || !within.empty(), "", "the key \"within\" for the test within");
  visitor.require(test != ClaimTest::kSlope || (!within.empty() && !axis.empty()), "",
                  "the keys \"axis\" and \"within\" for the test slope");
  visitor.require(test != ClaimTest::kRange || ((!within.empty() || than) && !axis.empty()), "",
                  "the keys \"axis\" and \"than\" or \"within\" for the test range");
}

}  // namespace normrun
