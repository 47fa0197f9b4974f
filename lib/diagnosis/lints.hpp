#pragma once

#include <optional>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::diagnosis {

/// The training rows, divided into those that are near the others and those that are far from them; both hold numbers of rows.
struct FarRows {
  std::vector<Index> near;
  std::vector<Index> far;
  StatisticsList statistics_of_near;
};

/// Finds training rows whose inputs are far from all others.  A row's distance is a sum over the columns: the squared distance from the
/// column's median, in units of the range of the column's middle four fifths.  A row is far if its distance is above 25 times the median
/// distance.  The lists are empty if no row is far, if more than a tenth are, and for sequences, where padding would make the long ones
/// look far.  They are also empty if the statistics of all rows (`sound`) hardly change without the far ones: in pictures of strokes, most
/// columns are nearly always empty, and ordinary rows are far.
template <class T>
FarRows far_rows(const Subject<T>& subject, const StatisticsList& sound);

/// Returns the findings "lint": what is worth a word but does no harm yet, each with its place and number.  They are about a last batch of
/// one row, a normalization of one value, channels that do not vary, training rows far from all others, padding that is counted, and
/// predictions of a single class.
template <class T>
std::vector<Finding> lints(const Evidence<T>& evidence, const Matrix<T>& eval_logits, const FarRows& rows);

/// Returns the first normalization whose statistics count the padding of sequences, and the padding's share of all steps; nothing if no
/// normalization counts it or the share is small.
template <class T>
std::optional<Finding> padding_lint(const Subject<T>& subject);

/// A cause that looks like a lint but that an intervention shows to harm: its name, what repairing it gains, and its place.
struct Intervention {
  Cause cause = Cause::kNone;
  Gain gain;
  std::string layer;
  std::vector<Index> channels;
};

/// Returns the interventions that gain over the better of the stored and the sound statistics, beyond the margins and at the findings'
/// level:
///   norm-on-output  if a normalization is the last layer of a regression: puts each output on a line fitted to the other half of the rows
///   outliers        if a few training rows are far from all others: computes the statistics without these rows
///   dead-channels   only if `is_shifted`: gives a usual variance to channels that hardly vary among the training rows
template <class T>
std::vector<Intervention> interventions(const Evidence<T>& evidence, const RowScores& eval, const Matrix<T>& eval_logits,
                                        const FarRows& rows, bool is_shifted);

}  // namespace normrun::diagnosis
