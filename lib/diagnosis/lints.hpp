#pragma once

#include <optional>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"

namespace normrun::diagnosis {

/// The training rows, divided.
struct FarRows {
  std::vector<Index> near;
  std::vector<Index> far;
};

/// Training rows whose inputs are far from all others': at most a tenth of them, in squared distance from the median, column by column in
/// units of its middle four fifths, 25 times the usual.  Both are empty where there are none, and of sequences, whose padding would tell
/// the long ones.
template <class T>
FarRows far_rows(const Subject<T>& subject);

/// What is worth a word with its place and numbers and harms nobody yet: a last batch of one row, a normalization of one value, channels
/// that do not vary, training rows far from all others, padding that is counted, one predicted class.  Each a finding "lint".
template <class T>
std::vector<Finding> lints(const Evidence<T>& evidence, const Matrix<T>& eval_logits, const FarRows& rows);

/// Of padded sequences: the first normalization whose statistics count the padding, and the padding's share.  None where all leave it out.
template <class T>
std::optional<Finding> padding_lint(const Subject<T>& subject);

/// A cause that looks like a lint and that an intervention shows to harm: its name, its gain, and its place.
struct Intervention {
  Cause cause = Cause::kNone;
  Gain gain;
  std::string layer;
  std::vector<Index> channels;
};

/// What gains over the better of the stored and the sound statistics, beyond the margins and at the findings' level:
///   norm-on-output  a normalization is the last layer of a regression: a line fitted to half of the rows, used for the others
///   outliers        few training rows are far from all others: statistics without them
///   dead-channels   (only where `is_shifted`) channels that hardly vary among the training rows: a usual variance for them
template <class T>
std::vector<Intervention> interventions(const Evidence<T>& evidence, const RowScores& eval, const Matrix<T>& eval_logits,
                                        const FarRows& rows, bool is_shifted);

}  // namespace normrun::diagnosis
