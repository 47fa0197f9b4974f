#pragma once

#include "core/team.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {

/// The cost of Adam's update of one number, in multiply-adds.
inline constexpr Index kMultiplyAddsOfAdam = 16;
/// Less work than this, in multiply-adds, stays on one thread.  It takes some 40 microseconds; handing it to threads costs one or two.
inline constexpr Index kWorthSharing = Index{1} << 21;
/// Ranges begin at multiples of this number, so that they hold whole tiles and cache lines.
inline constexpr Index kGrain = 96;

/// Divides [0, count) into ranges and calls work(table, range) for each, on the threads of the team.  Without a team, or if there is little
/// work, it makes one call with the whole range.
template <class T, class Work>
void share(Index count, Index multiply_adds, const Work& work) {
  const Table<T>& table = table_in_use<T>();
  Team* team = multiply_adds < kWorthSharing ? nullptr : Team::current();
  if (team == nullptr) return work(table, Range{0, count});
  const Index threads = team->size();
  team->run([&](int thread) {
    const auto begin_of = [&](Index i) { return i == threads ? count : count * i / threads / kGrain * kGrain; };
    const Range range{begin_of(thread), begin_of(thread + 1)};
    if (range.size() > 0) work(table, range);
  });
}

}  // namespace normrun::nn::kernels
