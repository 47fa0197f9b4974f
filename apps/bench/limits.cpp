#include "limits.hpp"

#include <immintrin.h>

#include <algorithm>

#include "nn/kernels/kernels.hpp"

namespace normrun::bench {
namespace {

constexpr double kSlotBytes = 24.0;  // bytes that an update of one parameter moves: w, m and v, each read and written
constexpr int kChains = 10;          // independent chains of multiply-adds: enough to hide a latency of four or five cycles in two units

/// Does multiply-adds in registers alone.  This function and the next differ only in the width of the registers.  They return a result so
/// that the compiler does not remove the loop.
__attribute__((target("avx2,fma"))) float multiply_add_256(Index rounds) {
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 factor = _mm256_set1_ps(0.5F);
  for (Index round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], factor, factor);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = _mm256_add_ps(sums[0], sums[i]);
  return _mm256_cvtss_f32(sums[0]);
}
__attribute__((target("avx512f"))) float multiply_add_512(Index rounds) {
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 factor = _mm512_set1_ps(0.5F);
  for (Index round = 0; round < rounds; ++round) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_fmadd_ps(sums[i], factor, factor);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  return _mm512_cvtss_f32(sums[0]);
}

/// Adds one to every number, with the 256-bit loads and stores that every processor with AVX2 has.
__attribute__((target("avx2"))) void add_everywhere(float* numbers, Index count) {
  const __m256 one = _mm256_set1_ps(1.0F);
  for (Index i = 0; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (Index j = i; j < i + 32; j += 8) _mm256_store_ps(numbers + j, _mm256_add_ps(_mm256_load_ps(numbers + j), one));
  }
}

double measure_flops() {
  constexpr Index kRounds = 20000;
  const bool wide = nn::kernels::instruction_set() == "avx512";
  volatile float sink = 0.0F;
  const double seconds = fastest_seconds([&] { sink = wide ? multiply_add_512(kRounds) : multiply_add_256(kRounds); }, 100);
  return 2.0 * kRounds * kChains * (wide ? 16 : 8) / seconds;
}

/// Updates as Adam does: with the processor's own square root and division, and with the same constants for every number.
__attribute__((target("avx2,fma"))) void adam_256(const float* g, float* w, float* m, float* v, Index count) {
  const __m256 beta_1 = _mm256_set1_ps(0.9F), beta_2 = _mm256_set1_ps(0.999F), rest_1 = _mm256_set1_ps(0.1F),
               rest_2 = _mm256_set1_ps(0.001F), step = _mm256_set1_ps(1e-3F), epsilon = _mm256_set1_ps(1e-7F);
  for (Index i = 0; i < count; i += 8) {
    const __m256 gradient = _mm256_load_ps(g + i);
    const __m256 first = _mm256_fmadd_ps(beta_1, _mm256_load_ps(m + i), _mm256_mul_ps(rest_1, gradient));
    const __m256 second = _mm256_fmadd_ps(beta_2, _mm256_load_ps(v + i), _mm256_mul_ps(rest_2, _mm256_mul_ps(gradient, gradient)));
    _mm256_store_ps(m + i, first);
    _mm256_store_ps(v + i, second);
    const __m256 move = _mm256_div_ps(_mm256_mul_ps(step, first), _mm256_add_ps(_mm256_sqrt_ps(second), epsilon));
    _mm256_store_ps(w + i, _mm256_sub_ps(_mm256_load_ps(w + i), move));
  }
}
__attribute__((target("avx512f"))) void adam_512(const float* g, float* w, float* m, float* v, Index count) {
  const __m512 beta_1 = _mm512_set1_ps(0.9F), beta_2 = _mm512_set1_ps(0.999F), rest_1 = _mm512_set1_ps(0.1F),
               rest_2 = _mm512_set1_ps(0.001F), step = _mm512_set1_ps(1e-3F), epsilon = _mm512_set1_ps(1e-7F);
  for (Index i = 0; i < count; i += 16) {
    const __m512 gradient = _mm512_load_ps(g + i);
    const __m512 first = _mm512_fmadd_ps(beta_1, _mm512_load_ps(m + i), _mm512_mul_ps(rest_1, gradient));
    const __m512 second = _mm512_fmadd_ps(beta_2, _mm512_load_ps(v + i), _mm512_mul_ps(rest_2, _mm512_mul_ps(gradient, gradient)));
    _mm512_store_ps(m + i, first);
    _mm512_store_ps(v + i, second);
    const __m512 root =
        // the mask has all bits set; it is there because g++ 12 warns of the plain root's unused operand
        _mm512_maskz_sqrt_ps(0xFFFF, second);
    const __m512 move = _mm512_div_ps(_mm512_mul_ps(step, first), _mm512_add_ps(root, epsilon));
    _mm512_store_ps(w + i, _mm512_sub_ps(_mm512_load_ps(w + i), move));
  }
}

double measure_adam() {
  constexpr Index kCount = 1024;
  const auto update = nn::kernels::instruction_set() == "avx512" ? adam_512 : adam_256;
  Buffer<float> w(kCount, 1.0F), g(kCount, 1.0F), m(kCount, 1.0F), v(kCount, 1.0F);
  const auto updates = [&] {
    for (int i = 0; i < 100; ++i) update(g.data(), w.data(), m.data(), v.data(), kCount);
  };
  return 100.0 * kCount / fastest_seconds(updates, 200);
}

double measure_bandwidth(Index parameters) {
  Buffer<float> numbers(static_cast<std::size_t>(3 * parameters));
  const Index passes = std::max<Index>(1, 500'000 / parameters);
  const auto sweep = [&] {
    for (Index i = 0; i < passes; ++i) add_everywhere(numbers.data(), 3 * parameters);
  };
  return kSlotBytes * static_cast<double>(passes * parameters) / fastest_seconds(sweep, 50);
}

}  // namespace

double fastest_seconds(const std::function<void()>& work, int calls) {
  using Clock = std::chrono::steady_clock;
  double fastest = 1e9;
  for (int i = 0; i < calls; ++i) {
    const auto start = Clock::now();
    work();
    fastest = std::min(fastest, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return fastest;
}

Limits measure_limits(Index parameters) {
  return {.flops = measure_flops(), .adam = measure_adam(), .parameters = parameters, .bytes = measure_bandwidth(parameters)};
}

double floor_seconds(const Limits& limits, double operations) {
  const auto parameters = static_cast<double>(limits.parameters);
  return std::max(operations / limits.flops + parameters / limits.adam, kSlotBytes * parameters / limits.bytes);
}

}  // namespace normrun::bench
