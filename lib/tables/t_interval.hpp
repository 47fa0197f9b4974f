#pragma once

#include <span>

namespace normrun::tables {

/// Mean, spread and the 95 % t interval of the mean over the seeds of one setting.  NaN stands for "not defined".
struct SampleSummary {
  std::size_t n = 0;
  double mean = 0.0;
  double sd = 0.0;  // standard deviation, with n - 1 as the divisor; NaN for one value
  double ci95_low = 0.0;
  double ci95_high = 0.0;
  double min = 0.0;
  double max = 0.0;
};
/// Summarizes values, of which there must be at least one.
SampleSummary summarize(std::span<const double> values);

/// Computes a summary of values that come one at a time, in two passes: first the caller gives every value to add(), then every value to
/// add_deviation().
class StreamedSummary {
 public:
  void add(double value);
  void add_deviation(double value);
  SampleSummary summary() const;

 private:
  double mean() const { return sum_ / static_cast<double>(n_); }
  std::size_t n_ = 0;
  double sum_ = 0.0;
  double min_ = 0.0;
  double max_ = 0.0;
  double deviations_ = 0.0;
};

/// Returns P(|T| <= t) for Student's t with `degrees` >= 1 degrees of freedom (Abramowitz & Stegun 1964, 26.7.3 and 26.7.4).
double student_central(double t, long degrees);
/// Returns the t for which P(|T| <= t) = probability, with 0 < probability < 1.
double student_quantile(double probability, long degrees);

}  // namespace normrun::tables
