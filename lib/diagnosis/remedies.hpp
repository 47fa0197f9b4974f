#pragma once

#include <string>
#include <vector>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::diagnosis {

/// A way to predict that needs no training.
struct Candidate {
  std::string remedy;
  RowScores scores;
};

/// Decides which candidates (at most three count) are better than eval mode as it is: below 400 rows all are tested with Holm's
/// correction; from there on the best of one half of the rows is tested on the other half.
std::vector<TriedRemedy> decide(const std::vector<Candidate>& candidates, const RowScores& eval, nn::LossKind loss, const Margins& margins);

/// A row of the table without a decision.
TriedRemedy tried(const Candidate& candidate, const RowScores& eval, nn::LossKind loss, const Margins& margins, const std::string& verdict);

/// The candidates that a finding with this cause calls for.
template <class T>
std::vector<Candidate> candidates_for(const Evidence<T>& evidence, Cause cause, const std::vector<RepairStage>& stages);

/// The population's statistics of some rows of a split.
template <class T>
StatisticsList population_of_rows(const Subject<T>& subject, data::SplitName split, std::span<const Index> rows);

/// Statistics of one half of the judged rows for the other half, and the other way round: what adapting to such rows would give.
template <class T>
RowScores recomputed_on_judged(const Subject<T>& subject, const JudgedRows<T>& judged);

}  // namespace normrun::diagnosis
