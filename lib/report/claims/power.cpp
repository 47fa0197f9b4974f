#include "report/claims/power.hpp"

#include <cmath>

#include "report/claims/question.hpp"
#include "tables/record.hpp"
#include "tables/t_power.hpp"

namespace normrun::report {
namespace {

bool has_two_bounds(const study::Claim& claim) {
  return claim.test == study::ClaimTest::kEqual || claim.test == study::ClaimTest::kWithin || claim.test == study::ClaimTest::kSlope;
}

}  // namespace

ClaimPower power_of(const DecidedClaim& decided) {
  const study::Claim& claim = decided.claim;
  ClaimPower answer{.id = claim.id, .n = decided.n, .sd = decided.sd, .margin = named_margin(claim), .power = {}, .seeds = {}, .note = ""};
  if (!is_decided_by_interval(claim)) {
    answer.note = "each number is asked by itself";
  } else if (std::isnan(answer.margin)) {
    answer.note = "the claim names no margin";
  } else if (std::isnan(answer.sd)) {
    answer.note = "one seed has no spread";
  } else if (answer.sd == 0.0) {
    answer.power = 1.0;
    answer.seeds = 2;
  } else {
    const tables::Sides sides = has_two_bounds(claim) ? tables::Sides::kTwo : tables::Sides::kOne;
    answer.power = tables::interval_power(answer.margin / answer.sd, answer.n, sides);
    answer.seeds = tables::values_needed(answer.margin / answer.sd, kWantedPower, sides);
  }
  return answer;
}

std::string powers_csv(const std::vector<ClaimPower>& powers) {
  static const std::vector<tables::Column> columns = {{"id", "string", "as in the config"},
                                                      {"n", "integer", "how many numbers were tested"},
                                                      {"sd", "number", "their standard deviation; for factors that of their logarithms"},
                                                      {"margin", "number", "the margin that the claim names, in the same units"},
                                                      {"power", "number", "how often n seeds tell a value that far from the bound"},
                                                      {"seeds", "integer", "the fewest seeds that do so 4 times in 5"},
                                                      {"note", "string", "why there is no power"}};
  std::string text = tables::joined_names(columns) + '\n';
  for (const ClaimPower& one : powers) {
    text += tables::joined_fields(columns, {{"id", one.id},
                                            {"n", static_cast<Index>(one.n)},
                                            {"sd", tables::cell_or_empty(one.sd)},
                                            {"margin", tables::cell_or_empty(one.margin)},
                                            {"power", one.power ? tables::Cell{*one.power} : tables::Cell{}},
                                            {"seeds", one.seeds ? tables::Cell{static_cast<Index>(*one.seeds)} : tables::Cell{}},
                                            {"note", one.note}});
    text += '\n';
  }
  return text;
}

}  // namespace normrun::report
