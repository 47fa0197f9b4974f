#include "nn/initializers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace normrun {
namespace {

constexpr Index kIn = 200;
constexpr Index kOut = 100;

nn::ParamEntry kernel(const std::string& type, Index place = 3) {
  return {.layer = "dense_0",
          .name = "kernel",
          .shape = {kIn, kOut},
          .id = {0, kIn * kOut},
          .initializer = nn::initializer_from(nn::default_initializer(type)),
          .fan_in = kIn,
          .fan_out = kOut,
          .place = place};
}

std::vector<double> filled(const nn::ParamEntry& entry, std::uint64_t seed = 0) {
  std::vector<double> values(static_cast<std::size_t>(entry.id.size));
  nn::fill_parameter(entry, seed, values.data());
  return values;
}

double sd_of(const std::vector<double>& values) {
  double sum = 0.0;
  double square = 0.0;
  for (const double value : values) {
    sum += value;
    square += value * value;
  }
  const double count = static_cast<double>(values.size());
  return std::sqrt(square / count - sum / count * (sum / count));
}

double largest(const std::vector<double>& values) {
  double most = 0.0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace

TEST_CASE("the uniform initializers fill [-limit, limit]") {
  struct Row {
    const char* type;
    double limit;
  };
  const Row rows[] = {{"glorot_uniform", std::sqrt(6.0 / 300)},
                      {"xavier_uniform", std::sqrt(6.0 / 300)},
                      {"he_uniform", std::sqrt(6.0 / 200)},
                      {"kaiming_uniform", std::sqrt(6.0 / 200)},
                      {"lecun_uniform", std::sqrt(3.0 / 200)},
                      {"torch_default", std::sqrt(1.0 / 200)},
                      {"random_uniform", 0.05}};
  for (const Row& row : rows) {
    CAPTURE(row.type);
    const double limit = row.limit;
    const std::vector<double> values = filled(kernel(row.type));
    CHECK(largest(values) <= limit);
    CHECK(largest(values) > 0.999 * limit);
    CHECK(sd_of(values) == doctest::Approx(limit / std::sqrt(3.0)).epsilon(0.02));
  }
}

TEST_CASE("the normal initializers have their standard deviation; Keras's are cut at two of the uncorrected normal's") {
  struct Row {
    const char* type;
    double sd;
    bool truncated;
  };
  const Row rows[] = {{"glorot_normal", std::sqrt(2.0 / 300), true},   {"he_normal", std::sqrt(2.0 / 200), true},
                      {"lecun_normal", std::sqrt(1.0 / 200), true},    {"xavier_normal", std::sqrt(2.0 / 300), false},
                      {"kaiming_normal", std::sqrt(2.0 / 200), false}, {"random_normal", 0.05, false}};
  for (const Row& row : rows) {
    CAPTURE(row.type);
    const std::vector<double> values = filled(kernel(row.type));
    CHECK(sd_of(values) == doctest::Approx(row.sd).epsilon(0.02));
    const double cut = 2.0 * row.sd / 0.87962566103423978;
    CHECK((largest(values) <= cut) == row.truncated);
    if (row.truncated) CHECK(largest(values) > 0.99 * cut);
  }
}

TEST_CASE("orthogonal: the columns of a long matrix and the rows of a wide one are orthonormal") {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{7, 4}, {4, 7}, {5, 5}}) {
    nn::ParamEntry entry = kernel("orthogonal");
    entry.shape = {rows, cols};
    entry.id.size = rows * cols;
    const std::vector<double> q = filled(entry);
    const bool is_long = rows >= cols;
    const Index count = std::min(rows, cols);
    for (Index a = 0; a < count; ++a) {
      for (Index b = 0; b < count; ++b) {
        double dot = 0.0;
        for (Index i = 0; i < std::max(rows, cols); ++i) {
          dot += is_long ? q[static_cast<std::size_t>(i * cols + a)] * q[static_cast<std::size_t>(i * cols + b)]
                         : q[static_cast<std::size_t>(a * cols + i)] * q[static_cast<std::size_t>(b * cols + i)];
        }
        CHECK(dot == doctest::Approx(a == b ? 1.0 : 0.0).scale(1.0).epsilon(1e-14));
      }
    }
  }
}

TEST_CASE("a parameter depends on the seed and its place alone, and is the same in both precisions") {
  const std::vector<double> values = filled(kernel("he_normal"));
  CHECK(values == filled(kernel("he_normal")));
  CHECK(values != filled(kernel("he_normal", 4)));
  CHECK(values != filled(kernel("he_normal"), 1));
  std::vector<float> narrow(values.size());
  nn::fill_parameter(kernel("he_normal"), 0, narrow.data());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(narrow[i] == static_cast<float>(values[i]));
}

TEST_CASE("constants") {
  CHECK(largest(filled(kernel("zeros"))) == 0.0);
  CHECK(filled(kernel("ones")) == std::vector<double>(kIn * kOut, 1.0));
  CHECK_THROWS_AS(nn::default_initializer("he_uniforn"), std::invalid_argument);
}

}  // namespace normrun
