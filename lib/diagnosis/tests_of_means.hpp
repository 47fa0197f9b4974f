#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace normrun::diagnosis {

/// P(T > t) of Student's t with `degrees` > 0 degrees of freedom, by the continued fraction of the incomplete beta function
/// (Abramowitz & Stegun 1964, 26.5.8 and 26.7.1).  The same bits on every machine.
double student_upper_tail(double t, double degrees);
/// The t with P(T > t) = p, 0 < p < 1.
double student_upper_quantile(double p, double degrees);

/// The mean of some independent numbers and what is known of its error.
struct Estimate {
  std::size_t n = 0;
  double mean = 0.0;
  double error = 0.0;  // standard error of the mean; NaN for fewer than two numbers

  /// The one-sided bounds that the true mean exceeds, or stays below, with probability 1 - level.  Infinite where the error is unknown.
  double lower(double level) const;
  double upper(double level) const;
  /// Of the hypothesis that the true mean is at most `margin`; 1 where the error is unknown.
  double p_above(double margin) const;
};
Estimate estimate(std::span<const double> values);

/// McNemar's exact one-sided test: of rows that only one of two predictors has right, the chance that the first has `first` or more
/// of `first + second` where each is as likely as the other.
double mcnemar_p(std::size_t first, std::size_t second);

/// Holm's correction (1979): the p of each of several tests, adjusted so that those below a level are wrong together with at most that
/// probability.  In the order given.
std::vector<double> holm_adjusted(std::span<const double> p);

}  // namespace normrun::diagnosis
