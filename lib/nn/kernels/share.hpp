#pragma once

#include "core/team.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {

inline constexpr Index kMultiplyAddsOfAdam = 16;        // what one number's update costs
inline constexpr Index kWorthSharing = Index{1} << 21;  // multiply-adds: some 40 microseconds, where handing work out costs one or two
inline constexpr Index kGrain = 96;                     // parts begin at multiples of it: whole tiles and cache lines

/// Calls work(table, range) for parts of [0, count) on the threads of the team, or at once for all of it where that does not pay.
template <class T, class Work>
void share(Index count, Index multiply_adds, const Work& work) {
  const Table<T>& table = table_in_use<T>();
  Team* team = multiply_adds < kWorthSharing ? nullptr : Team::current();
  if (team == nullptr) return work(table, Range{0, count});
  const Index parts = team->size();
  team->run([&](int part) {
    const auto boundary = [&](Index p) { return p == parts ? count : count * p / parts / kGrain * kGrain; };
    const Range range{boundary(part), boundary(part + 1)};
    if (range.size() > 0) work(table, range);
  });
}

}  // namespace normrun::nn::kernels
