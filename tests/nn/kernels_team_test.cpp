// Large kernels that threads share give the bits of one thread.

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <cstring>
#include <vector>

#include "core/denormals.hpp"
#include "core/team.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels/repeated_products.hpp"
#include "nn/kernels_arena.hpp"

using namespace normrun;

namespace {

constexpr nn::kernels::AdamStep<float> kAdam{0.1F, 1.5F, 0.9F, 0.9F, 1e-7F};

/// Every shared kernel on sizes that are worth sharing, so many rows of them, and divide into unequal parts.
std::vector<Buffer<float>> results_by(int threads, Index rows) {
  const FlushDenormals flush;
  const Team team(threads);
  Arena<float> a(rows, 523, 701, Numbers::kUsual);
  nn::kernels::product<float>(a.x(), a.w(), a.bias(), a.y());
  nn::kernels::product_weight_gradient<float>(a.x(), a.dy(), a.dw());
  nn::kernels::product_input_gradient<float>(a.dy(), a.w(), a.dx());
  Buffer<float> packed(static_cast<std::size_t>(nn::kernels::packed_size(523, 701)));
  nn::kernels::pack<float>(a.w(), packed.data());
  nn::kernels::product_by_packed<float>(a.x(), packed.data(), a.bias(), a.y());
  float* w = a.dw().data;
  float* m = a.dw().data;
  const View<float> x = a.dx();
  nn::kernels::adam_update_product<float>(kAdam, x, a.dy(), {w, m, a.squares_like_w()}, View<float>());
  nn::kernels::adam_update_product<float>(kAdam, x, a.dy(), {w, m, a.squares_like_w()}, a.dx());
  nn::kernels::adam_update_product<float>(kAdam, x, a.dy(), {w, m, a.squares_like_w()}, x);
  return {a.results().begin(), a.results().end()};
}

}  // namespace

TEST_CASE("large kernels give the same bits for any number of threads") {
  for (const Index rows : {4, 9}) {
    const std::vector<Buffer<float>> expected = results_by(1, rows);
    for (const int threads : {2, 3, 5, 11}) {
      const std::vector<Buffer<float>> actual = results_by(threads, rows);
      REQUIRE(actual.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        INFO(rows, " rows, ", threads, " threads, result ", i);
        CHECK(std::memcmp(actual[i].data(), expected[i].data(), expected[i].size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("a team calls each part once, and run returns after the last of them") {
  const Team* before = Team::current();
  {
    Team team(3);
    CHECK(Team::current() == &team);
    std::vector<int> calls(3);
    for (int round = 0; round < 2000; ++round) {
      std::atomic<int> running{3};
      team.run([&](int part) {
        ++calls[static_cast<std::size_t>(part)];
        --running;
      });
      REQUIRE(running == 0);
    }
    CHECK(calls == std::vector<int>{2000, 2000, 2000});
  }
  CHECK(Team::current() == before);
}

TEST_CASE("a team of one leaves its thread alone") {
  const Team team(1);
  CHECK(Team::current() == nullptr);
}
