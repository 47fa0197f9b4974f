#include "data/batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "data_rig.hpp"
#include "support/allocation_counter.hpp"

namespace normrun::test {
namespace {

using Rows = std::vector<Index>;

std::vector<Rows> epoch_of(data::Batches& batches, Index epoch) {
  batches.start_epoch(epoch);
  std::vector<Rows> steps;
  for (Index s = 0; s < batches.steps_per_epoch(); ++s) {
    const auto rows = batches.step(s);
    steps.emplace_back(rows.begin(), rows.end());
  }
  return steps;
}

Rows joined(const std::vector<Rows>& steps) {
  Rows all;
  for (const Rows& rows : steps) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows counting(Index count) {
  Rows rows;
  for (Index i = 0; i < count; ++i) rows.push_back(i);
  return rows;
}

data::Batches batches_with(data::BatchOrder order, Index samples, const data::BatchSizes& sizes, std::uint64_t seed = 0,
                           data::LastBatch last = data::LastBatch::kKeep) {
  data::Batching batching;
  batching.order = order;
  batching.last = last;
  return data::Batches(batching, samples, {}, 0, sizes, seed);
}

/// 40 rows of class 0, 20 of class 1, 30 of class 2, 10 of class 3, mixed.
std::vector<std::int32_t> mixed_labels() {
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 100; ++i) {
    const int place = i * 37 % 100;
    labels.push_back(place < 40 ? 0 : place < 60 ? 1 : place < 90 ? 2 : 3);
  }
  return labels;
}

data::Batches by_class(Index classes_per_batch, Index batch_size, bool balanced, std::uint64_t seed = 0) {
  data::Batching batching;
  batching.order = data::BatchOrder::kByClass;
  batching.classes_per_batch = classes_per_batch;
  batching.balanced = balanced;
  return data::Batches(batching, 100, mixed_labels(), 4, batch_size, seed);
}

std::map<std::int32_t, Index> class_counts(const Rows& rows) {
  const std::vector<std::int32_t> labels = mixed_labels();
  std::map<std::int32_t, Index> counts;
  for (const Index row : rows) ++counts[labels[static_cast<std::size_t>(row)]];
  return counts;
}

}  // namespace

TEST_CASE("shuffled: every row once an epoch, another order each epoch and seed") {
  data::Batches batches = batches_with(data::BatchOrder::kShuffled, 103, 10);
  const std::vector<Rows> first = epoch_of(batches, 0);
  CHECK(first.size() == 11);
  CHECK(first.back().size() == 3);
  CHECK(sorted(joined(first)) == counting(103));
  CHECK(joined(first) != counting(103));
  const Rows second = joined(epoch_of(batches, 1));
  CHECK(sorted(second) == counting(103));
  CHECK(second != joined(first));
  CHECK(joined(epoch_of(batches, 0)) == joined(first));  // a function of the epoch, not of what went before
  data::Batches other_seed = batches_with(data::BatchOrder::kShuffled, 103, 10, 1);
  CHECK(joined(epoch_of(other_seed, 0)) != joined(first));
}

TEST_CASE("batch sizes in turn, from the first one in each epoch") {
  const data::BatchSizes sizes({3, 1, 2});
  data::Batches keep = batches_with(data::BatchOrder::kSequential, 11, sizes);
  CHECK(keep.steps_per_epoch() == 6);
  for (const Index epoch : {0, 4}) CHECK(epoch_of(keep, epoch) == std::vector<Rows>{{0, 1, 2}, {3}, {4, 5}, {6, 7, 8}, {9}, {10}});
  const auto next = keep.next_rows(3);
  CHECK(Rows(next.begin(), next.end()) == Rows{9, 10});
  data::Batches drop = batches_with(data::BatchOrder::kSequential, 11, sizes, 0, data::LastBatch::kDrop);
  CHECK(drop.steps_per_epoch() == 5);
  CHECK(batches_with(data::BatchOrder::kSequential, 12, sizes).steps_per_epoch() == 6);
  CHECK(batches_with(data::BatchOrder::kSequential, 12, sizes, 0, data::LastBatch::kDrop).steps_per_epoch() == 6);
  CHECK(batches_with(data::BatchOrder::kSequential, 13, sizes, 0, data::LastBatch::kKeep).steps_per_epoch() == 7);
  data::Batches shuffled = batches_with(data::BatchOrder::kShuffled, 64, sizes);
  data::Batches alike = batches_with(data::BatchOrder::kShuffled, 64, 8);
  CHECK(joined(epoch_of(shuffled, 3)) == joined(epoch_of(alike, 3)));
  check_refused([&] { batches_with(data::BatchOrder::kSequential, 2, sizes, 0, data::LastBatch::kDrop); }, ExitCode::kUsage,
                {"batches of 3"});
}

TEST_CASE("a list of batch sizes: what an epoch holds") {
  const data::BatchSizes sizes({4, 32});
  CHECK(sizes.largest() == 32);
  CHECK(sizes.smallest() == 4);
  CHECK(sizes.mean() == 18.0);
  CHECK(sizes.full_batches(100) == 5);  // 4, 32, 4, 32, 4
  CHECK(sizes.left_over(100) == 24);
  CHECK(sizes.batches(100, data::LastBatch::kKeep) == 6);
  CHECK(sizes.batches(100, data::LastBatch::kDrop) == 5);
  CHECK(sizes.at_most(10).at(1) == 10);
  CHECK(sizes.at_most(10).at(2) == 4);
}

TEST_CASE("by-class batches of sizes in turn have the classes of their own hand") {
  data::Batching batching;
  batching.order = data::BatchOrder::kByClass;
  batching.classes_per_batch = 2;
  data::Batches batches(batching, 100, mixed_labels(), 4, data::BatchSizes({2, 10}), 0);
  const std::vector<Rows> steps = epoch_of(batches, 1);
  CHECK(steps.size() == 18);  // 8 turns, 2 and the 2 that are left
  for (std::size_t step = 0; step < 17; ++step) {
    CHECK(steps[step].size() == (step % 2 == 0 ? 2 : 10));
    const std::map<std::int32_t, Index> counts = class_counts(steps[step]);
    CHECK(counts.size() == 2);
    for (const auto& [label, count] : counts) CHECK(count == (step % 2 == 0 ? 1 : 5));
  }
  batching.classes_per_batch = 3;
  check_refused(
      [&] {
        data::Batches(batching, 100, mixed_labels(), 4, data::BatchSizes({10, 2}), 0);
      },
      ExitCode::kUsage, {"2 rows", "no room for 3"});
}

TEST_CASE("the order does not depend on the batch size") {
  for (const data::BatchOrder order : {data::BatchOrder::kShuffled, data::BatchOrder::kSequential, data::BatchOrder::kReplacement}) {
    data::Batches small = batches_with(order, 64, 2);
    data::Batches large = batches_with(order, 64, 64);
    CHECK(joined(epoch_of(small, 3)) == joined(epoch_of(large, 3)));
  }
}

TEST_CASE("sequential keeps the split's order; drop leaves out what is over") {
  data::Batches keep = batches_with(data::BatchOrder::kSequential, 7, 3);
  CHECK(epoch_of(keep, 5) == std::vector<Rows>{{0, 1, 2}, {3, 4, 5}, {6}});
  data::Batches drop = batches_with(data::BatchOrder::kSequential, 7, 3, 0, data::LastBatch::kDrop);
  CHECK(epoch_of(drop, 5) == std::vector<Rows>{{0, 1, 2}, {3, 4, 5}});
  data::Batches whole = batches_with(data::BatchOrder::kSequential, 6, 3, 0, data::LastBatch::kDrop);
  CHECK(whole.steps_per_epoch() == 2);
  data::Batches one = batches_with(data::BatchOrder::kSequential, 6, 100);
  CHECK(epoch_of(one, 0) == std::vector<Rows>{counting(6)});
}

TEST_CASE("replacement draws independently: 1 - 1/e of the rows occur") {
  data::Batches batches = batches_with(data::BatchOrder::kReplacement, 10000, 100);
  const Rows rows = joined(epoch_of(batches, 0));
  CHECK(rows.size() == 10000);
  const std::set<Index> distinct(rows.begin(), rows.end());
  CHECK(distinct.size() == doctest::Approx(6321).epsilon(0.02));
  CHECK(*distinct.begin() >= 0);
  CHECK(*distinct.rbegin() < 10000);
}

TEST_CASE("by-class, balanced: so many classes a batch, equally many rows of each, every class equally often") {
  data::Batches batches = by_class(2, 10, true);
  std::map<std::int32_t, Index> batches_of_class;
  for (Index epoch = 0; epoch < 4; ++epoch) {
    for (const Rows& rows : epoch_of(batches, epoch)) {
      const auto counts = class_counts(rows);
      REQUIRE(counts.size() == 2);
      for (const auto& [label, count] : counts) {
        CHECK(count == 5);
        ++batches_of_class[label];
      }
    }
  }
  for (const auto& [label, count] : batches_of_class) CHECK(count == 20);  // 40 batches of 2 classes, 4 classes
}

TEST_CASE("by-class: rows of a class come once before any comes again") {
  data::Batches batches = by_class(1, 10, true);
  std::map<Index, int> uses;
  for (const Index row : joined(epoch_of(batches, 0))) ++uses[row];
  std::map<std::int32_t, std::pair<int, int>> range;  // of uses, within a class
  const std::vector<std::int32_t> labels = mixed_labels();
  for (Index row = 0; row < 100; ++row) {
    auto [entry, is_new] = range.try_emplace(labels[static_cast<std::size_t>(row)], 1000, 0);
    entry->second.first = std::min(entry->second.first, uses[row]);
    entry->second.second = std::max(entry->second.second, uses[row]);
  }
  for (const auto& [label, low_high] : range) CHECK(low_high.second - low_high.first <= 1);
}

TEST_CASE("by-class: a class that starts again comes in another order") {
  data::Batches batches = by_class(1, 10, true);
  std::set<Rows> passes;  // class 3 has ten rows: a batch of it is a pass
  Index count = 0;
  for (const Rows& rows : epoch_of(batches, 0)) {
    if (class_counts(rows).begin()->first != 3) continue;
    passes.insert(rows);
    ++count;
  }
  CHECK(count >= 2);
  CHECK(static_cast<Index>(passes.size()) == count);
}

TEST_CASE("by-class, not balanced: rows in proportion to the classes' sizes") {
  data::Batches batches = by_class(4, 100, false);
  std::map<std::int32_t, Index> counts;
  for (Index epoch = 0; epoch < 50; ++epoch) {
    for (const auto& [label, count] : class_counts(joined(epoch_of(batches, epoch)))) counts[label] += count;
  }
  CHECK(counts[0] == doctest::Approx(2000).epsilon(0.06));
  CHECK(counts[3] == doctest::Approx(500).epsilon(0.15));
}

TEST_CASE("by-class with a remainder and a last batch") {
  data::Batches batches = by_class(3, 40, true, 5);
  const std::vector<Rows> steps = epoch_of(batches, 2);
  REQUIRE(steps.size() == 3);
  CHECK(steps.back().size() == 20);
  for (const auto& [label, count] : class_counts(steps.front())) CHECK((count == 13 || count == 14));
  CHECK(class_counts(steps.front()).size() == 3);
  CHECK(epoch_of(batches, 2) == steps);  // and not of the epochs before it
}

TEST_CASE("by-class is refused without labels, with an empty class, and where the classes do not fit") {
  data::Batching batching;
  batching.order = data::BatchOrder::kByClass;
  check_refused([&] { data::Batches(batching, 4, {}, 0, 2, 0); }, ExitCode::kUsage, {"by-class", "labels"});
  check_refused([&] { data::Batches(batching, 4, {0, 0, 2, 2}, 3, 2, 0); }, ExitCode::kUsage, {"class 1"});
  batching.classes_per_batch = 3;
  check_refused([&] { data::Batches(batching, 4, {0, 0, 1, 1}, 2, 4, 0); }, ExitCode::kUsage, {"classes_per_batch is 3", "2 classes"});
  check_refused([&] { data::Batches(batching, 4, {0, 1, 2, 3}, 4, 2, 0); }, ExitCode::kUsage, {"no room for 3"});
  batching.order = data::BatchOrder::kShuffled;
  batching.last = data::LastBatch::kDrop;
  check_refused([&] { data::Batches(batching, 4, {}, 0, 5, 0); }, ExitCode::kUsage, {"drop", "4 training rows"});
}

TEST_CASE("a given order is followed, and checked") {
  data::Batches batches = batches_with(data::BatchOrder::kShuffled, 3, 2);
  batches.set_order({{2, 1, 0}, {0, 2, 1}});
  CHECK(epoch_of(batches, 1) == std::vector<Rows>{{0, 2}, {1}});
  check_refused([&] { batches.start_epoch(2); }, ExitCode::kUsage, {"holds 2 epochs", "epoch 2"});
  check_refused([&] { batches.set_order({{0, 1}}); }, ExitCode::kDamaged, {"epoch 0", "2 indices for 3"});
  check_refused([&] { batches.set_order({{0, 1, 2}, {0, 1, 3}}); }, ExitCode::kDamaged, {"epoch 1", "no training row 3"});
}

TEST_CASE("starting an epoch allocates nothing") {
  data::Batches shuffled = batches_with(data::BatchOrder::kShuffled, 1000, 32);
  data::Batches replacement = batches_with(data::BatchOrder::kReplacement, 1000, 32);
  data::Batches few_classes = by_class(2, 8, true);
  const std::size_t before = allocations();
  for (Index epoch = 0; epoch < 3; ++epoch) {
    shuffled.start_epoch(epoch);
    replacement.start_epoch(epoch);
    few_classes.start_epoch(epoch);
  }
  CHECK(allocations() == before);
}

}  // namespace normrun::test
