#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace normrun::diagnosis {

/// Returns P(T > t) of Student's t with `degrees` > 0 degrees of freedom, by the continued fraction of the incomplete beta function
/// (Abramowitz & Stegun 1964, 26.5.8 and 26.7.1).  Every machine gets the same bits.
double student_upper_tail(double t, double degrees);
/// Returns the t with P(T > t) = p, for 0 < p < 1.
double student_upper_quantile(double p, double degrees);

/// The mean of some independent numbers, and its error.
struct Estimate {
  std::size_t n = 0;
  double mean = 0.0;
  double error = 0.0;  // standard error of the mean; NaN for fewer than two numbers

  /// One-sided bounds: the true mean is above lower() with probability 1 - level, and below upper() with the same probability.  They are
  /// infinite if the error is unknown.
  double lower(double level) const;
  double upper(double level) const;
  /// Returns the p value of the hypothesis that the true mean is at most `margin`; 1 if the error is unknown.
  double p_above(double margin) const;
};
Estimate estimate(std::span<const double> values);

/// McNemar's exact one-sided test, on the rows that only one of two predictors has right.  Returns the chance that the first predictor has
/// `first` or more of these `first + second` rows right if each row is equally likely to go to either.
double mcnemar_p(std::size_t first, std::size_t second);

/// Returns the p values of several tests with Holm's correction (1979), in the order given.  With the corrected values, the probability
/// that any true hypothesis falls below a level is at most that level.
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace normrun::diagnosis
