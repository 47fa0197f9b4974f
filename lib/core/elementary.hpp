#pragma once

#include <array>
#include <cstdint>

/// Elementary functions that give the same bits on every machine, because they use only IEEE +, -, *, /, sqrt and fma, in a fixed order.
/// (The C library chooses different code for exp, log and the like on different processors, and the last bit depends on that choice.)
/// Errors are at most 2 units in the last place over the whole range unless a comment says otherwise.  NaN gives NaN.
namespace normrun::math {

double exp(double x);
double log(double x);  // log(0) = -inf, log of a negative number = NaN
double log1p(double x);
double tanh(double x);
double sigmoid(double x);     // 1 / (1 + exp(-x)) without overflow
double expm1(double x);       // exp(x) - 1, x <= 700
double softplus(double x);    // log(1 + exp(x)) without overflow
double normal_cdf(double x);  // (1 + erf(x / sqrt(2))) / 2, also in the lower tail; at most 6 units in the last place
double sin(double x);         // |x| <= 1e5
double cos(double x);         // |x| <= 1e5
double atan(double x);
double power(double base, std::uint64_t exponent);  // by repeated squaring
double normal_quantile(double p);                   // AS 241 (Wichura 1988), 0 < p < 1

/// The powers of one number, for callers that need many of them.  They are the same bits as those of `power`.
class Powers {
 public:
  explicit Powers(double base);
  double operator()(std::uint64_t exponent) const;

 private:
  std::array<double, 64> squares_{};  // base^(2^i)
};

/// These functions in single precision, accurate to 2 units in the last place of a float.
float exp(float x);
float log(float x);
float tanh(float x);
float sigmoid(float x);
float expm1(float x);  // x <= 80
float softplus(float x);
float normal_cdf(float x);  // at most 6 units in the last place

/// What the normal distribution function and its density have in common, for z = |x|.
template <class T>
struct NormalTail {
  T exponential;  // exp(-z^2 / 2)
  T area;         // normal_cdf(-z)
};
template <class T>
NormalTail<T> normal_tail(T x);

}  // namespace normrun::math
