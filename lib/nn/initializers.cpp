#include "nn/initializers.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/random.hpp"

namespace normrun::nn {
namespace {

/// The standard deviation of N(0, 1) truncated at 2 standard deviations on both sides (scipy.stats.truncnorm.std(-2, 2)).
constexpr double kTruncatedSd = 0.87962566103423978;

class InitializerSpec : public config::Described {
 public:
  explicit InitializerSpec(Initializer initializer) : initializer_(initializer) {}

  void describe(config::OptionVisitor& visitor) override {
    switch (initializer_.kind) {
      case Init::kConstant:
        visitor.number({"value", "every element"}, initializer_.a, config::any_number());
        break;
      case Init::kRandomNormal:
        visitor.number({"mean", "mean of the normal distribution"}, initializer_.a, config::any_number());
        visitor.number({"stddev", "its standard deviation"}, initializer_.b, config::at_least(0.0));
        break;
      case Init::kRandomUniform:
        visitor.number({"minval", "lower bound"}, initializer_.a, config::any_number());
        visitor.number({"maxval", "upper bound"}, initializer_.b, config::any_number());
        visitor.require(initializer_.a <= initializer_.b, "minval", "minval is at most maxval");
        break;
      case Init::kOrthogonal:
        visitor.number({"gain", "factor on the orthogonal matrix"}, initializer_.b, config::any_number());
        break;
      default:
        break;
    }
  }
  const Initializer& initializer() const { return initializer_; }

 private:
  Initializer initializer_;
};

config::FamilyMember member(std::string_view type, std::string_view doc, std::string_view source, Initializer initializer) {
  return {type, doc, source, [initializer] { return std::make_shared<InitializerSpec>(initializer); }};
}

/// The limit of a uniform initializer, which draws from [-limit, limit].
double uniform_limit(const ParamEntry& entry) {
  const double fan_in = static_cast<double>(std::max<Index>(entry.fan_in, 1));
  const double fan_mean = std::max(1.0, static_cast<double>(entry.fan_in + entry.fan_out) / 2.0);
  switch (entry.initializer.kind) {
    case Init::kHeUniform:
    case Init::kKaimingUniform:
      return std::sqrt(6.0 / fan_in);
    case Init::kLecunUniform:
      return std::sqrt(3.0 / fan_in);
    case Init::kTorchDefault:
      return std::sqrt(1.0 / fan_in);
    default:
      return std::sqrt(3.0 / fan_mean);
  }
}

/// The standard deviation of a normal initializer, before any truncation.
double normal_sd(const ParamEntry& entry) {
  const double fan_in = static_cast<double>(std::max<Index>(entry.fan_in, 1));
  const double fan_mean = std::max(1.0, static_cast<double>(entry.fan_in + entry.fan_out) / 2.0);
  switch (entry.initializer.kind) {
    case Init::kHeNormal:
    case Init::kKaimingNormal:
      return std::sqrt(2.0 / fan_in);
    case Init::kLecunNormal:
      return std::sqrt(1.0 / fan_in);
    default:
      return std::sqrt(1.0 / fan_mean);
  }
}

double truncated_normal(RandomStream& stream) {
  double z = stream.normal();
  while (std::abs(z) > 2.0) z = stream.normal();
  return z;
}

/// Fills `values` with an orthogonal matrix.  A long and narrow one is the Q of the QR decomposition of a matrix of standard normal
/// numbers, with a positive diagonal of R; a wide one is the transpose of such a Q, as in Keras.  Gram-Schmidt runs twice, which makes Q
/// orthogonal up to rounding (Giraud, Langou and Rozloznik 2005).
template <class T>
void fill_orthogonal(const ParamEntry& entry, RandomStream& stream, T* values) {
  const Index cols = entry.shape.empty() ? 1 : entry.shape.back();
  const Index rows = entry.id.size / cols;
  const Index length = std::max(rows, cols);
  const Index count = std::min(rows, cols);
  std::vector<double> q(static_cast<std::size_t>(length * count));  // (count, length): each row is one column of Q
  for (Index i = 0; i < length; ++i) {
    for (Index v = 0; v < count; ++v) q[static_cast<std::size_t>(v * length + i)] = stream.normal();
  }
  for (Index v = 0; v < count; ++v) {
    double* vector = q.data() + v * length;
    for (Index u = 0; u < 2 * v; ++u) {
      const double* earlier = q.data() + (u % v) * length;
      double dot = 0.0;
      for (Index i = 0; i < length; ++i) dot = std::fma(earlier[i], vector[i], dot);
      for (Index i = 0; i < length; ++i) vector[i] = std::fma(-dot, earlier[i], vector[i]);
    }
    double square = 0.0;
    for (Index i = 0; i < length; ++i) square = std::fma(vector[i], vector[i], square);
    for (Index i = 0; i < length; ++i) vector[i] /= std::sqrt(square);
  }
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < cols; ++c) {
      const Index at = rows >= cols ? c * length + r : r * length + c;
      values[r * cols + c] = static_cast<T>(entry.initializer.b * q[static_cast<std::size_t>(at)]);
    }
  }
}

double draw(const ParamEntry& entry, double spread, RandomStream& stream) {
  switch (entry.initializer.kind) {
    case Init::kZeros:
      return 0.0;
    case Init::kOnes:
      return 1.0;
    case Init::kConstant:
      return entry.initializer.a;
    case Init::kRandomNormal:
      return std::fma(entry.initializer.b, stream.normal(), entry.initializer.a);
    case Init::kRandomUniform:
      return stream.uniform(entry.initializer.a, entry.initializer.b);
    case Init::kGlorotNormal:
    case Init::kHeNormal:
    case Init::kLecunNormal:
      return truncated_normal(stream) * (spread / kTruncatedSd);
    case Init::kKaimingNormal:
    case Init::kXavierNormal:
      return stream.normal() * spread;
    default:
      return stream.uniform(-spread, spread);
  }
}

bool is_fan_normal(Init kind) {
  return kind == Init::kGlorotNormal || kind == Init::kHeNormal || kind == Init::kLecunNormal || kind == Init::kKaimingNormal ||
         kind == Init::kXavierNormal;
}

}  // namespace

const config::Family& initializer_family() {
  static const config::Family kFamily{
      "initializer",
      {
          member("zeros", "every element 0", "Keras 3, PyTorch 2", {Init::kZeros}),
          member("ones", "every element 1", "Keras 3, PyTorch 2", {Init::kOnes}),
          member("constant", "every element `value`", "Keras 3 Constant", {Init::kConstant, 0.0}),
          member("glorot_uniform", "U(-l, l), l = sqrt(6 / (fan_in + fan_out))", "Glorot and Bengio 2010, eq. 16; Keras 3",
                 {Init::kGlorotUniform}),
          member("glorot_normal", "N(0, 2 / (fan_in + fan_out)) truncated at 2 sd", "Glorot and Bengio 2010, eq. 12; Keras 3",
                 {Init::kGlorotNormal}),
          member("he_uniform", "U(-l, l), l = sqrt(6 / fan_in)", "He et al. 2015, eq. 10; Keras 3", {Init::kHeUniform}),
          member("he_normal", "N(0, 2 / fan_in) truncated at 2 sd", "He et al. 2015, eq. 10; Keras 3", {Init::kHeNormal}),
          member("lecun_uniform", "U(-l, l), l = sqrt(3 / fan_in)", "LeCun et al. 1998, eq. 16; Keras 3", {Init::kLecunUniform}),
          member("lecun_normal", "N(0, 1 / fan_in) truncated at 2 sd", "LeCun et al. 1998, eq. 16; Keras 3", {Init::kLecunNormal}),
          member("random_normal", "N(mean, stddev^2)", "Keras 3 RandomNormal", {Init::kRandomNormal, 0.0, 0.05}),
          member("random_uniform", "U(minval, maxval)", "Keras 3 RandomUniform", {Init::kRandomUniform, -0.05, 0.05}),
          member("orthogonal", "`gain` times a random orthogonal matrix", "Saxe et al. 2014; Keras 3 Orthogonal",
                 {Init::kOrthogonal, 0.0, 1.0}),
          member("kaiming_uniform", "U(-l, l), l = sqrt(6 / fan_in)", "PyTorch 2 kaiming_uniform_ (a = 0)", {Init::kKaimingUniform}),
          member("kaiming_normal", "N(0, 2 / fan_in), not truncated", "PyTorch 2 kaiming_normal_ (a = 0)", {Init::kKaimingNormal}),
          member("xavier_uniform", "U(-l, l), l = sqrt(6 / (fan_in + fan_out))", "PyTorch 2 xavier_uniform_", {Init::kXavierUniform}),
          member("xavier_normal", "N(0, 2 / (fan_in + fan_out)), not truncated", "PyTorch 2 xavier_normal_", {Init::kXavierNormal}),
          member("torch_default", "U(-l, l), l = sqrt(1 / fan_in)", "PyTorch 2 Linear.reset_parameters", {Init::kTorchDefault}),
      }};
  return kFamily;
}

std::shared_ptr<config::Described> default_initializer(std::string_view type) {
  auto options = initializer_family().make(type);
  if (options == nullptr) throw std::invalid_argument("no initializer " + std::string(type));
  return options;
}

void describe_initializer(config::OptionVisitor& visitor, config::Option option, std::shared_ptr<config::Described>& options,
                          std::string_view fallback) {
  visitor.tagged(option, options, initializer_family());
  if (options == nullptr) options = default_initializer(fallback);
}

Initializer initializer_from(const std::shared_ptr<config::Described>& options) {
  return dynamic_cast<const InitializerSpec&>(*options).initializer();
}

template <class T>
void fill_parameter(const ParamEntry& entry, std::uint64_t seed, T* values) {
  RandomStream stream(seed_of_branch(seed, entry.branch), Purpose::kInitialization, static_cast<std::uint64_t>(entry.place));
  const Init kind = entry.initializer.kind;
  if (kind == Init::kOrthogonal) {
    fill_orthogonal(entry, stream, values);
  } else {
    const double spread = is_fan_normal(kind) ? normal_sd(entry) : uniform_limit(entry);
    for (Index i = 0; i < entry.id.size; ++i) values[i] = static_cast<T>(draw(entry, spread, stream));
  }
  std::fill(values + entry.initializer.ones.begin, values + entry.initializer.ones.end, T{1});
}

template void fill_parameter<float>(const ParamEntry&, std::uint64_t, float*);
template void fill_parameter<double>(const ParamEntry&, std::uint64_t, double*);

}  // namespace normrun::nn
