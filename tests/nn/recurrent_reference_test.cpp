// The recurrent layers against their definitions, written out for one example and one number at a time.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

using Vec = std::vector<double>;

constexpr Index kTime = 3;
constexpr std::size_t kFeatures = 2;
constexpr std::size_t kUnits = 3;
constexpr double kEpsilon = 0.1;

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

Vec operator+(const Vec& a, const Vec& b) {
  Vec sum(a);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += b[i];
  return sum;
}

Vec part(const Vec& v, std::size_t block, std::size_t blocks = 1) {
  const auto begin = v.begin() + static_cast<std::ptrdiff_t>(block * kUnits);
  return {begin, begin + static_cast<std::ptrdiff_t>(blocks * kUnits)};
}

/// (v - mean) / sqrt(var + epsilon) * gamma
Vec normalized(const Vec& v, const Vec& gamma) {
  const double size = static_cast<double>(v.size());
  const double mean = std::accumulate(v.begin(), v.end(), 0.0) / size;
  double variance = 0.0;
  for (const double number : v) variance += (number - mean) * (number - mean) / size;
  Vec y(v);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = gamma[i] * (v[i] - mean) / std::sqrt(variance + kEpsilon);
  return y;
}

/// One layer with random parameters and its input; what a cell's definition needs of it.
class Fixture {
 public:
  Fixture(const std::string& type, const std::string& options)
      : rig({describe_layer(type, R"({"units": 3, "return_sequences": true)" + options + "}")}, Shape{kTime, kFeatures}, 2) {
    RandomStream stream(23, Purpose::kData);
    for (double& value : rig.model.params) value = stream.normal();
    for (double& value : rig.x.view()) value = stream.normal();
  }

  Vec param(const std::string& name) {
    const auto values = rig.param(name);
    return {values.begin(), values.end()};
  }
  /// v times the matrix `name`.
  Vec times(const Vec& v, const std::string& name) {
    const Vec w = param(name);
    Vec y(w.size() / v.size(), 0.0);
    for (std::size_t i = 0; i < v.size(); ++i) {
      for (std::size_t j = 0; j < y.size(); ++j) y[j] += v[i] * w[i * y.size() + j];
    }
    return y;
  }

  /// step: from x_t and h_{t-1} to h_t.
  void check(
      const std::function<Vec(const Vec& x, const Vec& h)>& step, const std::function<void()>& begin = [] {}) {
    const ConstView<double> y = rig.forward({.mode = kEvalMode});
    for (Index e = 0; e < 2; ++e) {
      Vec h(kUnits, 0.0);
      begin();
      for (Index t = 0; t < kTime; ++t) {
        const double* x = rig.x.view().row(e) + t * static_cast<Index>(kFeatures);
        h = step({x, x + kFeatures}, h);
        for (std::size_t u = 0; u < kUnits; ++u) {
          CHECK(y(e, t * static_cast<Index>(kUnits) + static_cast<Index>(u)) == doctest::Approx(h[u]).epsilon(1e-12).scale(1.0));
        }
      }
    }
  }

  LayerRig<double> rig;
};

/// The state of Keras's gates i f c o; c is moved on.
Vec lstm_state(const Vec& a, Vec& c, const std::function<Vec(const Vec&)>& of_c) {
  for (std::size_t u = 0; u < kUnits; ++u) c[u] = sigmoid(a[kUnits + u]) * c[u] + sigmoid(a[u]) * std::tanh(a[2 * kUnits + u]);
  Vec h = of_c(c);
  for (std::size_t u = 0; u < kUnits; ++u) h[u] = sigmoid(a[3 * kUnits + u]) * std::tanh(h[u]);
  return h;
}

Vec gru_state(const Vec& z, const Vec& h, const Vec& of_new) {
  Vec next(kUnits);
  for (std::size_t u = 0; u < kUnits; ++u) next[u] = sigmoid(z[u]) * h[u] + (1.0 - sigmoid(z[u])) * std::tanh(of_new[u]);
  return next;
}

const char* const kLayer = R"(, "normalization": "layer", "epsilon": 0.1)";

}  // namespace

TEST_CASE("simple_rnn is its definition") {
  const auto tanh_of = [](Vec a) {
    for (double& number : a) number = std::tanh(number);
    return a;
  };
  Fixture plain("simple_rnn", "");
  plain.check([&](const Vec& x, const Vec& h) {
    return tanh_of(plain.times(x, "kernel") + plain.times(h, "recurrent_kernel") + plain.param("bias"));
  });
  Fixture layer("simple_rnn", kLayer);  // Ba et al. 2016, eq. 4
  layer.check([&](const Vec& x, const Vec& h) {
    return tanh_of(normalized(layer.times(x, "kernel") + layer.times(h, "recurrent_kernel"), layer.param("gamma")) + layer.param("bias"));
  });
}

TEST_CASE("lstm is its definition") {
  Vec c;
  const auto begin = [&] { c.assign(kUnits, 0.0); };
  Fixture plain("lstm", "");
  plain.check(
      [&](const Vec& x, const Vec& h) {
        const Vec a = plain.times(x, "kernel") + plain.times(h, "recurrent_kernel") + plain.param("bias");
        return lstm_state(a, c, [](const Vec& state) { return state; });
      },
      begin);
  Fixture layer("lstm", kLayer);  // Ba et al. 2016, eq. 20 to 22
  layer.check(
      [&](const Vec& x, const Vec& h) {
        const Vec of_h = normalized(layer.times(h, "recurrent_kernel"), layer.param("recurrent_gamma")) + layer.param("recurrent_beta");
        const Vec of_x = normalized(layer.times(x, "kernel"), layer.param("input_gamma")) + layer.param("input_beta");
        return lstm_state(of_h + of_x + layer.param("bias"), c,
                          [&](const Vec& state) { return normalized(state, layer.param("state_gamma")) + layer.param("state_beta"); });
      },
      begin);
}

TEST_CASE("gru is its definition, with the reset gate behind and before the recurrent kernel") {
  const auto reset = [](const Vec& r, Vec v) {
    for (std::size_t u = 0; u < kUnits; ++u) v[u] *= sigmoid(r[u]);
    return v;
  };
  Fixture after("gru", "");
  after.check([&](const Vec& x, const Vec& h) {
    const Vec bias = after.param("bias");
    const Vec p = after.times(x, "kernel") + part(bias, 0, 3);
    const Vec q = after.times(h, "recurrent_kernel") + part(bias, 3, 3);
    return gru_state(part(p, 0) + part(q, 0), h, part(p, 2) + reset(part(p, 1) + part(q, 1), part(q, 2)));
  });
  Fixture before("gru", R"(, "reset_after": false)");
  before.check([&](const Vec& x, const Vec& h) {
    const Vec p = before.times(x, "kernel") + before.param("bias");
    const Vec q = before.times(h, "recurrent_kernel");
    const Vec of_reset = before.times(reset(part(p, 1) + part(q, 1), h), "recurrent_kernel");
    return gru_state(part(p, 0) + part(q, 0), h, part(p, 2) + part(of_reset, 2));
  });
}

TEST_CASE("gru with layer normalization is its definition: z and r together, h for itself") {
  Fixture layer("gru", kLayer);  // Ba et al. 2016, supplementary material
  const auto normalized_gates = [&](const Vec& v, const std::string& gain, std::size_t bias_row) {
    const Vec gamma = layer.param(gain);
    Vec gates = normalized(part(v, 0, 2), part(gamma, 0, 2));
    const Vec h = normalized(part(v, 2), part(gamma, 2));
    gates.insert(gates.end(), h.begin(), h.end());
    return gates + part(layer.param("bias"), 3 * bias_row, 3);
  };
  layer.check([&](const Vec& x, const Vec& h) {
    const Vec p = normalized_gates(layer.times(x, "kernel"), "input_gamma", 0);
    const Vec q = normalized_gates(layer.times(h, "recurrent_kernel"), "recurrent_gamma", 1);
    Vec of_new = part(q, 2);
    const Vec r = part(p, 1) + part(q, 1);
    for (std::size_t u = 0; u < kUnits; ++u) of_new[u] = part(p, 2)[u] + sigmoid(r[u]) * of_new[u];
    return gru_state(part(p, 0) + part(q, 0), h, of_new);
  });
}

}  // namespace normrun::test
