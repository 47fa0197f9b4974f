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

/// What recomputing the statistics is called: "layer-by-layer", or "without-padding" where that is what makes them sound.
template <class T>
std::string recomputed_name(const Evidence<T>& evidence);

/// The remedies without training that a cause calls for, at most three, in the order of preference.
std::vector<std::string> remedies_for(Cause cause);

/// Decides which candidates (at most three count) are better than eval mode as it is: below 400 rows all are tested with Holm's
/// correction; from there on the best of one half of the rows is tested on the other half.
std::vector<TriedRemedy> decide(const std::vector<Candidate>& candidates, const RowScores& eval, nn::LossKind loss, const Margins& margins);

/// A row of the table without a decision.
TriedRemedy tried(const Candidate& candidate, const RowScores& eval, nn::LossKind loss, const Margins& margins, const std::string& verdict);

/// Those of remedies_for(cause), carried out on the judged rows; without one that would change nothing.
template <class T>
std::vector<Candidate> candidates_for(const Evidence<T>& evidence, Cause cause, const std::vector<RepairStage>& stages);

/// The population's statistics of some rows of a split.
template <class T>
StatisticsList population_of_rows(const Subject<T>& subject, data::SplitName split, std::span<const Index> rows);

/// Statistics of one half of the judged rows for the other half, and the other way round: what adapting to such rows would give.
template <class T>
RowScores recomputed_on_judged(const Subject<T>& subject, const JudgedRows<T>& judged);

}  // namespace normrun::diagnosis
