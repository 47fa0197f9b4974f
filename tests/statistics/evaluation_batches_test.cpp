#include "statistics/evaluation_batches.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "statistics/run_forward.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Rows = std::vector<Index>;

/// A batch of the list: which slice of the order it is, its rows, and those of them that count.
struct Listed {
  Index slice;
  Rows rows;
  Rows counted;
  friend bool operator==(const Listed&, const Listed&) = default;
};

std::vector<Listed> listed(const Rows& order, Index samples, Index batch_size) {
  std::vector<Listed> list;
  statistics::EvaluationBatches batches(order, samples, batch_size);
  while (batches.next()) {
    Rows counted;
    for (const Index place : batches.counted()) counted.push_back(batches.rows()[static_cast<std::size_t>(place)]);
    list.push_back({batches.slice(), {batches.rows().begin(), batches.rows().end()}, counted});
  }
  return list;
}

const Mode kDropping{Statistics::kBatch, Tracking::kFreeze, Dropout::kOn};

}  // namespace

TEST_CASE("a short last slice is filled with the order's first rows, which do not count again") {
  CHECK(listed({4, 2, 0, 3, 1}, 5, 2) == std::vector<Listed>{{0, {4, 2}, {4, 2}}, {1, {0, 3}, {0, 3}}, {2, {1, 4}, {1}}});
  CHECK(listed({4, 2, 0, 3, 1}, 5, 3) == std::vector<Listed>{{0, {4, 2, 0}, {4, 2, 0}}, {1, {3, 1, 4}, {3, 1}}});
  CHECK(listed({4, 2, 0, 3, 1}, 5, 1).size() == 5);
}

TEST_CASE("a batch of more rows than the split has is the whole split, once") {
  for (const Index batch_size : {5, 6, 1000}) CHECK(listed({4, 2, 0, 3, 1}, 5, batch_size) == listed({4, 2, 0, 3, 1}, 5, 5));
  CHECK(listed({4, 2, 0, 3, 1}, 5, 5) == std::vector<Listed>{{0, {4, 2, 0, 3, 1}, {4, 2, 0, 3, 1}}});
  CHECK(listed({}, 0, 5).empty());
}

TEST_CASE("a row that an order repeats counts where it comes first, and is a neighbour elsewhere; slices without news are passed over") {
  const Rows order = {1, 1, 0, 1, 1, 0, 2, 1, 3};
  CHECK(listed(order, 4, 2) == std::vector<Listed>{{0, {1, 1}, {1}}, {1, {0, 1}, {0}}, {3, {2, 1}, {2}}, {4, {3, 1}, {3}}});
  CHECK(statistics::first_places(order, 4) == Rows{1, 0, 2, 3});
}

TEST_CASE_TEMPLATE("every row in train mode: each from the batch in which it counts, in the split's order", T, float, double) {
  const TrainRig<T> rig({{"dense", R"("units": 8)"}, {"batch"}, {"dropout"}, {"dense", R"("units": 3)"}}, clusters<T>(30),
                        R"({"steps": 5})");
  const nn::Model<T> model = rig.trained().model();
  Rows order = rows_in_order(rig.data.test.samples());  // 10
  RandomStream(3, Purpose::kData).shuffle(order);
  const nn::PassKey key{.seed = 2, .step = 9};
  for (const Mode& mode : {kTrainFrozen, kDropping}) {
    const Matrix<T> outputs = statistics::run_every_row<T>(rig.network, model.params, model.state, mode, rig.data.test, order, 4, 4, key);
    REQUIRE(outputs.rows() == 10);
    Rows filled = order;
    filled.insert(filled.end(), order.begin(), order.begin() + 2);
    const Matrix<T> whole = statistics::run_forward<T>(rig.network, model.params, model.state, mode, rig.data.test, filled, 4, 4, key);
    for (Index place = 0; place < 10; ++place)
      for (Index c = 0; c < 3; ++c) CHECK(outputs(order[static_cast<std::size_t>(place)], c) == whole(place, c));
  }
}

TEST_CASE("without batch statistics and dropout neither the order nor the batch size changes a bit") {
  const TrainRig<float> rig(kBatchNormNet, clusters<float>(300), R"({"steps": 5})");
  const nn::Model<float> model = rig.trained().model();
  const Rows sequential = rows_in_order(rig.data.test.samples());
  const auto outputs = [&](const Rows& order, Index batch_size) {
    const Matrix<float> y =
        statistics::run_every_row<float>(rig.network, model.params, model.state, kEvalMode, rig.data.test, order, batch_size, 4);
    return std::vector<float>(y.view().begin(), y.view().end());
  };
  const std::vector<float> expected = outputs(sequential, 1);
  CHECK(outputs({sequential.rbegin(), sequential.rend()}, 7) == expected);
  CHECK(outputs(sequential, 1000) == expected);
}

}  // namespace normrun::test
