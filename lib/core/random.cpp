#include "core/random.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

#include "core/elementary.hpp"

namespace normrun {
namespace {

constexpr std::uint32_t low_half(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint32_t high_half(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index)
    : key_{low_half(seed), high_half(seed)}, counter_{0, low_half(index), high_half(index), static_cast<std::uint32_t>(purpose)} {}

void RandomStream::check_blocks(std::uint64_t blocks) const {
  if (blocks > UINT32_MAX - counter_[0]) throw std::length_error("a random stream is used up after 2^34 numbers");
}

/// Inside a block of four numbers each multiplication waits for the multiplication before it.  The blocks are independent, so the processor
/// overlaps them.
void RandomStream::draw_blocks(std::uint32_t* numbers, std::size_t blocks) {
  const philox4x32_key_t key{{key_[0], key_[1]}};
  philox4x32_ctr_t counter{{counter_[0], counter_[1], counter_[2], counter_[3]}};
  for (std::size_t b = 0; b < blocks; ++b, ++counter.v[0]) {
    const philox4x32_ctr_t block = philox4x32(counter, key);  // 10 rounds
    std::copy_n(block.v, kBlock, numbers + b * kBlock);
  }
  counter_[0] = counter.v[0];
}

void RandomStream::draw_ahead() {
  check_blocks(1);
  const std::size_t blocks = std::min<std::size_t>(kBlocksAhead, UINT32_MAX - counter_[0]);
  left_ = blocks * kBlock;
  draw_blocks(ahead_.data() + ahead_.size() - left_, blocks);
}

void RandomStream::fill(std::span<std::uint32_t> numbers) {
  std::size_t i = 0;
  for (; i < numbers.size() && left_ > 0; ++i) numbers[i] = next_u32();
  const std::size_t blocks = (numbers.size() - i) / kBlock;
  check_blocks(blocks);
  draw_blocks(numbers.data() + i, blocks);
  for (i += blocks * kBlock; i < numbers.size(); ++i) numbers[i] = next_u32();
}

void RandomStream::skip(std::uint64_t numbers) {
  const std::uint64_t of_ahead = std::min<std::uint64_t>(numbers, left_);
  left_ -= of_ahead;
  const std::uint64_t blocks = (numbers - of_ahead) / kBlock;
  check_blocks(blocks);
  counter_[0] += static_cast<std::uint32_t>(blocks);
  for (std::uint64_t i = of_ahead + blocks * kBlock; i < numbers; ++i) next_u32();
}

double RandomStream::uniform() {
  return (static_cast<double>(next_u64() >> 12) + 0.5) * 0x1p-52;  // an odd multiple of 2^-53; this and 1 - uniform() are exact
}

double RandomStream::uniform(double low, double high) {
  return std::clamp(low + (high - low) * uniform(), low, high);  // because rounding may step beyond low or high
}

double RandomStream::normal() { return math::normal_quantile(uniform()); }

std::uint64_t RandomStream::below(std::uint64_t count) {
  // Lemire 2019, "Fast random integer generation in an interval", algorithm 5.  The result is the high half of a 128-bit product.
  // Products whose low half is among the first (2^64 mod count) are rejected, because they would favour some results.
  __extension__ using Wide = unsigned __int128;
  assert(count >= 1);
  Wide product = Wide{next_u64()} * count;
  if (static_cast<std::uint64_t>(product) < count) {
    const std::uint64_t rejected = (0 - count) % count;
    while (static_cast<std::uint64_t>(product) < rejected) product = Wide{next_u64()} * count;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

void RandomStream::shuffle(std::span<Index> values) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
}

std::uint64_t branch_of(std::uint64_t parent, std::uint64_t index) { return RandomStream(parent, Purpose::kBranch, index).next_u64(); }

std::uint64_t seed_of_branch(std::uint64_t seed, std::uint64_t branch) { return branch == 0 ? seed : branch_of(seed, branch); }

}  // namespace normrun
