#pragma once

#include <algorithm>
#include <exception>
#include <vector>

#include "core/matrix.hpp"
#include "core/team.hpp"

namespace normrun::statistics {

/// Returns how many threads of the team work on so many items.
inline Index members_for(Index items) {
  const Team* team = Team::current();
  return team != nullptr ? std::clamp<Index>(items, 1, team->size()) : 1;
}

/// Calls work(member, item) for each item below `items`.  The items are dealt to the members of the team, and `member` says whose memory an
/// item may use.  Products inside of `work` are then not shared again.  Throws what `work` throws.
template <class Work>
void share_items(Index items, const Work& work) {
  const Index members = members_for(items);
  if (members == 1) {
    for (Index item = 0; item < items; ++item) work(Index{0}, item);
    return;
  }
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(members));
  Team::current()->run([&](int member) {
    const Team alone(1);
    try {
      for (Index item = member; member < members && item < items; item += members) work(static_cast<Index>(member), item);
    } catch (...) {
      failures[static_cast<std::size_t>(member)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace normrun::statistics
