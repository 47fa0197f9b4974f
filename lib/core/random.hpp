#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/matrix.hpp"

namespace normrun {

/// What a stream of random numbers is for.  A purpose's number decides what its streams draw, so these numbers must never change.
enum class Purpose : std::uint32_t {
  kData = 1,             // rows of a generated data set
  kTarget = 2,           // the teacher, prototypes, centres or labels of a generated data set
  kSplit = 3,            // which rows are held out
  kInitialization = 4,   // initial values of a parameter; index: its place in the network
  kOrder = 5,            // the order of an epoch's rows; index: epoch
  kDropout = 6,          // what dropout drops; index: step and layer
  kEvaluationOrder = 7,  // the order in which a comparison reads its rows
  kResample = 8,         // the fresh rows of a training step; index: step
  kPopulation = 9,       // the batches of population statistics
  kProbe = 10,           // what a probe draws
  kDiagnosis = 11,       // the rows that a diagnosis judges; index: the split
  kPartition = 12,       // the batches of judged rows in train mode; index: the number of the partition
  kPermutation = 13,     // a permutation test's rows and orders
  kBranch = 14,          // the seed of a branch of the network; index: its number in the branch around it
};

/// Random numbers that depend only on (seed, purpose, index): not on the machine, the number of threads, or what other streams have
/// drawn.  The generator is Philox4x32-10 (Salmon et al. 2011) from Random123.  The distributions are our own, because those of the
/// standard library differ between implementations.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index = 0);

  std::uint32_t next_u32() {
    if (left_ == 0) draw_ahead();
    return ahead_[ahead_.size() - left_--];
  }
  void fill(std::span<std::uint32_t> numbers);  // the same numbers that next_u32 would give, but faster
  std::uint64_t next_u64() {
    const std::uint64_t low = next_u32();
    return low | std::uint64_t{next_u32()} << 32;
  }
  void skip(std::uint64_t numbers);          // leaves out this many numbers of next_u32
  double uniform();                          // in (0, 1), 53 bits, never 0 or 1
  double uniform(double low, double high);   // in [low, high]
  double normal();                           // N(0, 1) by inversion (Wichura 1988, AS 241), from one uniform number each
  std::uint64_t below(std::uint64_t count);  // in [0, count), without bias; count >= 1
  void shuffle(std::span<Index> values);     // Fisher-Yates

 private:
  static constexpr std::size_t kBlock = 4;        // how many numbers a block has
  static constexpr std::size_t kBlocksAhead = 8;  // how many blocks are drawn together, as long as the stream has so many
  void check_blocks(std::uint64_t blocks) const;  // throws std::length_error if fewer blocks are left
  void draw_blocks(std::uint32_t* numbers, std::size_t blocks);
  void draw_ahead();

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;                      // of the next block
  std::array<std::uint32_t, kBlock * kBlocksAhead> ahead_{};  // its last left_ numbers come next
  std::size_t left_ = 0;
};

/// Returns a number that identifies branch number `index` inside the branch `parent`.  Branch 0 is the network's own list of layers.
std::uint64_t branch_of(std::uint64_t parent, std::uint64_t index);
/// Returns the seed for the layers of a branch.  Each branch has its own, because layers in two branches may have the same place.  Branch 0
/// has `seed` itself.
std::uint64_t seed_of_branch(std::uint64_t seed, std::uint64_t branch);

}  // namespace normrun
