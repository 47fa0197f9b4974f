#pragma once

#include <string>
#include <vector>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::diagnosis {

/// A way to predict that needs no training, and its scores.
struct Candidate {
  std::string remedy;
  RowScores scores;
};

/// Returns the name of the remedy that recomputes the statistics: "layer-by-layer", or "without-padding" if they are sound only because
/// they leave out the padding.
template <class T>
std::string recomputed_name(const Evidence<T>& evidence);

/// Returns the remedies without training that suit a cause: at most three, the preferred ones first.
std::vector<std::string> remedies_for(Cause cause);

/// Decides which candidates (at most three) are better than eval mode as it is.  With fewer than 400 rows, all candidates are tested with
/// Holm's correction.  With 400 rows or more, the one that is best on one half of the rows is tested on the other half.
std::vector<TriedRemedy> decide(const std::vector<Candidate>& candidates, const RowScores& eval, nn::LossKind loss, const Margins& margins);

/// Returns the line of a candidate in the table of remedies, with the verdict that the caller gives.
TriedRemedy tried(const Candidate& candidate, const RowScores& eval, nn::LossKind loss, const Margins& margins, const std::string& verdict);

/// Carries out the remedies of remedies_for(cause) on the judged rows, except those that would change nothing.
template <class T>
std::vector<Candidate> candidates_for(const Evidence<T>& evidence, Cause cause, const std::vector<RepairStage>& stages);

/// Returns the population statistics of some rows of a split.
template <class T>
StatisticsList population_of_rows(const Subject<T>& subject, data::SplitName split, std::span<const Index> rows);

/// Returns the scores that adapting to rows like the judged ones would have: each half of the judged rows is predicted with the statistics
/// of the other half.
template <class T>
RowScores recomputed_on_judged(const Subject<T>& subject, const JudgedRows<T>& judged);

}  // namespace normrun::diagnosis
