#include "core/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

using namespace normrun;

namespace {

constexpr int kCount = 200'000;

std::vector<double> draw(RandomStream random, double (RandomStream::*next)()) {
  std::vector<double> numbers(kCount);
  for (double& number : numbers) number = (random.*next)();
  return numbers;
}

/// The largest distance between the numbers' distribution and `distribution` (Kolmogorov and Smirnov), times sqrt(count).
double kolmogorov_distance(std::vector<double> numbers, double (*distribution)(double)) {
  std::sort(numbers.begin(), numbers.end());
  double worst = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const double expected = distribution(numbers[i]);
    const double before = static_cast<double>(i) / kCount;
    worst = std::max({worst, std::abs(expected - before), std::abs(expected - before - 1.0 / kCount)});
  }
  return worst * std::sqrt(static_cast<double>(kCount));
}

constexpr double kKolmogorovLimit = 1.95;  // passed by 999 of 1000 streams of true random numbers

double uniform_distribution(double x) { return x; }
double normal_distribution(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum / static_cast<double>(a.size());
}

}  // namespace

TEST_CASE("the generator is Philox4x32-10: known answers of Random123") {
  // key 0 and counter {0, 0, 0, purpose}: the published vector of the zero counter needs purpose 0.
  RandomStream zero(0, static_cast<Purpose>(0), 0);
  CHECK(zero.next_u32() == 0x6627e8d5);
  CHECK(zero.next_u32() == 0xe169c58d);
  CHECK(zero.next_u32() == 0xbc57ac4c);
  CHECK(zero.next_u32() == 0x9b00dbd8);
}

TEST_CASE("the first numbers of a stream never change") {
  RandomStream random(42, Purpose::kInitialization, 3);
  CHECK(random.next_u64() == 0xf27b556c2d17fdf9U);
  CHECK(random.uniform() == 0x1.b064c88234a29p-1);
  CHECK(random.normal() == -0x1.5c2b43b333d2fp+0);
  CHECK(random.below(1000) == 988);
}

TEST_CASE("uniform numbers are uniform") {
  const std::vector<double> numbers = draw(RandomStream(1, Purpose::kData), &RandomStream::uniform);
  CHECK(*std::min_element(numbers.begin(), numbers.end()) > 0);
  CHECK(*std::max_element(numbers.begin(), numbers.end()) < 1);
  CHECK(kolmogorov_distance(numbers, uniform_distribution) < kKolmogorovLimit);
}

TEST_CASE("uniform(low, high) stays inside") {
  RandomStream random(1, Purpose::kData);
  for (int i = 0; i < 10'000; ++i) {
    const double number = random.uniform(-3, 5);
    REQUIRE(number >= -3);
    REQUIRE(number <= 5);
  }
  CHECK(random.uniform(2, 2) == 2);
}

TEST_CASE("normal numbers are normal") {
  const std::vector<double> numbers = draw(RandomStream(1, Purpose::kData), &RandomStream::normal);
  double moments[5] = {};
  for (const double x : numbers) {
    for (int power = 1; power <= 4; ++power) moments[power] += std::pow(x, power) / kCount;
  }
  const double four_errors = 4 / std::sqrt(static_cast<double>(kCount));
  CHECK(std::abs(moments[1]) < four_errors);
  CHECK(std::abs(moments[2] - 1) < four_errors * std::sqrt(2.0));
  CHECK(std::abs(moments[3]) < four_errors * std::sqrt(15.0));
  CHECK(std::abs(moments[4] - 3) < four_errors * std::sqrt(96.0));
  CHECK(kolmogorov_distance(numbers, normal_distribution) < kKolmogorovLimit);
}

TEST_CASE("streams of other purposes, indices and seeds are independent") {
  const std::vector<double> numbers = draw(RandomStream(1, Purpose::kData), &RandomStream::normal);
  const double four_errors = 4 / std::sqrt(static_cast<double>(kCount));
  CHECK(draw(RandomStream(1, Purpose::kData), &RandomStream::normal) == numbers);
  CHECK(std::abs(correlation(numbers, draw(RandomStream(1, Purpose::kTarget), &RandomStream::normal))) < four_errors);
  CHECK(std::abs(correlation(numbers, draw(RandomStream(1, Purpose::kData, 1), &RandomStream::normal))) < four_errors);
  CHECK(std::abs(correlation(numbers, draw(RandomStream(2, Purpose::kData), &RandomStream::normal))) < four_errors);
  const std::vector<double> far = draw(RandomStream(1, Purpose::kData, std::uint64_t{1} << 32), &RandomStream::normal);
  CHECK(std::abs(correlation(numbers, far)) < four_errors);
  const std::vector<double> far_seed = draw(RandomStream((std::uint64_t{1} << 32) + 1, Purpose::kData), &RandomStream::normal);
  CHECK(std::abs(correlation(numbers, far_seed)) < four_errors);
}

TEST_CASE("below is even over its range") {
  RandomStream random(1, Purpose::kData);
  for (const std::uint64_t range : {2, 7, 10, 100}) {
    std::vector<double> counts(range, 0);
    for (int i = 0; i < kCount; ++i) ++counts[random.below(range)];
    const double expected = static_cast<double>(kCount) / static_cast<double>(range);
    double chi_squared = 0;
    for (const double count : counts) chi_squared += (count - expected) * (count - expected) / expected;
    const double freedom = static_cast<double>(range - 1);
    CAPTURE(range);
    CHECK(chi_squared < freedom + 4 * std::sqrt(2 * freedom) + 8);
  }
  for (int i = 0; i < 100; ++i) CHECK(random.below(1) == 0);
}

TEST_CASE("below rejects what would favour some results") {
  // Of 3 * 2^62 values, the multiplication alone would give the multiples of 3 twice as often.
  RandomStream random(1, Purpose::kData);
  int multiples_of_3 = 0;
  for (int i = 0; i < kCount; ++i) multiples_of_3 += random.below(std::uint64_t{3} << 62) % 3 == 0 ? 1 : 0;
  CHECK(std::abs(multiples_of_3 - kCount / 3.0) < 4 * std::sqrt(kCount * 2.0 / 9.0));
}

TEST_CASE("shuffle makes every order equally often") {
  RandomStream random(1, Purpose::kOrder);
  std::vector<Index> values(4);
  std::vector<double> counts(256, 0);
  constexpr int kShuffles = 24'000;
  for (int i = 0; i < kShuffles; ++i) {
    std::iota(values.begin(), values.end(), 0);
    random.shuffle(values);
    ++counts[static_cast<std::size_t>(values[0] * 64 + values[1] * 16 + values[2] * 4 + values[3])];
  }
  double chi_squared = 0;
  int orders = 0;
  for (const double count : counts) {
    if (count == 0) continue;
    ++orders;
    chi_squared += (count - 1000) * (count - 1000) / 1000;
  }
  CHECK(orders == 24);
  CHECK(chi_squared < 23 + 4 * std::sqrt(46.0));
  std::vector<Index> empty;
  random.shuffle(empty);
}

TEST_CASE("skipping is drawing, from any place of a block") {
  for (const int drawn : {0, 1, 3, 4, 31, 32, 33}) {
    for (const std::uint64_t skipped : {0, 1, 2, 3, 4, 5, 8, 31, 32, 33, 1000}) {
      CAPTURE(drawn);
      CAPTURE(skipped);
      RandomStream slow(9, Purpose::kDropout, 5);
      for (int i = 0; i < drawn; ++i) slow.next_u32();
      RandomStream fast = slow;
      fast.skip(skipped);
      for (std::uint64_t i = 0; i < skipped; ++i) slow.next_u32();
      for (int i = 0; i < 9; ++i) CHECK(fast.next_u32() == slow.next_u32());
    }
  }
}

TEST_CASE("filling is drawing, from any place of a block") {
  for (const int drawn : {0, 1, 3, 4, 31, 32, 33}) {
    for (const std::size_t count : {0, 1, 2, 3, 4, 5, 8, 31, 32, 33, 784}) {
      CAPTURE(drawn);
      CAPTURE(count);
      RandomStream slow(9, Purpose::kDropout, 5);
      for (int i = 0; i < drawn; ++i) slow.next_u32();
      RandomStream fast = slow;
      std::vector<std::uint32_t> numbers(count);
      fast.fill(numbers);
      for (const std::uint32_t number : numbers) CHECK(number == slow.next_u32());
      for (int i = 0; i < 9; ++i) CHECK(fast.next_u32() == slow.next_u32());
    }
  }
}

TEST_CASE("a stream ends behind its last block, though it draws several blocks together") {
  constexpr std::uint64_t kNumbers = 4 * std::uint64_t{UINT32_MAX};
  RandomStream filled(9, Purpose::kDropout, 5);
  filled.skip(kNumbers - 12);
  RandomStream drawn = filled;
  std::vector<std::uint32_t> last(12);
  filled.fill(last);
  for (const std::uint32_t number : last) CHECK(drawn.next_u32() == number);
  CHECK_THROWS_AS(drawn.next_u32(), std::length_error);
  CHECK_THROWS_AS(filled.next_u32(), std::length_error);
}
