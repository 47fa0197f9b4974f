#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Model = nn::Model<double>;

/// 50 training rows in 2 parts, each read in batches of 25: the first part alone, the second part alone.
data::Dataset<double> part_of(const data::Dataset<double>& whole, Index first) {
  data::Dataset<double> data;
  data.shape = whole.shape;
  data.classes = whole.classes;
  data.train.features = Matrix<double>(25, whole.shape.size());
  for (Index r = 0; r < 25; ++r) {
    for (Index c = 0; c < whole.shape.size(); ++c) data.train.features(r, c) = whole.train.features(first + r, c);
    data.train.labels.push_back(whole.train.labels[static_cast<std::size_t>(first + r)]);
  }
  return data;
}

std::string train_of(const std::string& clients, int steps) {
  return R"({"steps": )" + std::to_string(steps) +
         R"(, "batch_size": 25, "optimizer": {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9})" +
         (clients.empty() ? "" : R"(, "clients": {"count": 2, "split": "sequential", )" + clients + "}") + "}";
}

Model trained(const std::string& clients, int steps) {
  return TrainRig<double>(kBatchNormNet, clusters<double>(75), train_of(clients, steps), R"({"order": "sequential"})").trained().model();
}

Model alone(Index first, int steps) {
  return TrainRig<double>(kBatchNormNet, part_of(clusters<double>(75), first), train_of("", steps), R"({"order": "sequential"})")
      .trained()
      .model();
}

}  // namespace

TEST_CASE("a round of clients is the mean of networks that train alone") {
  const Model a = alone(0, 3);
  const Model b = alone(25, 3);
  const Model mean = trained(R"("local_steps": 3)", 3);
  const Model first = trained(R"("local_steps": 3, "statistics": "first")", 3);
  for (std::size_t i = 0; i < a.params.size(); ++i)
    CHECK(mean.params[i] == doctest::Approx(0.5 * (a.params[i] + b.params[i])).epsilon(1e-13));
  for (std::size_t i = 0; i < a.state.size(); ++i) CHECK(mean.state[i] == doctest::Approx(0.5 * (a.state[i] + b.state[i])).epsilon(1e-13));
  CHECK(first.params == mean.params);
  CHECK(first.state == a.state);
  CHECK(a.state != b.state);
}

TEST_CASE("with statistics of their own, clients share the other layers alone") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), train_of(R"("local_steps": 2, "statistics": "own")", 4),
                             R"({"order": "sequential"})");
  train::Trainer<double> trainer = rig.trainer();
  for (int step = 0; step < 2; ++step) trainer.advance();
  const Model a = alone(0, 2);
  CHECK(trainer.model().state == a.state);
  for (const nn::ParamEntry& entry : rig.network.layout().params) {
    const auto begin = static_cast<std::size_t>(entry.id.offset);
    const bool is_own = entry.role == nn::ParamRole::kNormalization;
    CHECK((trainer.model().params[begin] == a.params[begin]) == is_own);
  }
}

TEST_CASE("the parts of clients: by class, at random, and what cannot be divided") {
  TrainRig<double> rig(kBatchNormNet, clusters<double>(75), R"({"batch_size": 5, "clients": {"count": 3, "split": "by-class"}})");
  train::Clients<double> by_class(rig.plan);
  REQUIRE(by_class.all().size() == 3);
  std::vector<Index> seen;
  std::int32_t last = 0;
  for (const auto& client : by_class.all()) {
    for (const Index row : client.rows) {
      CHECK(rig.data.train.labels[static_cast<std::size_t>(row)] >= last);
      last = rig.data.train.labels[static_cast<std::size_t>(row)];
      seen.push_back(row);
    }
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen == rows_in_order(50));
  CHECK(by_class.steps_per_epoch() == 4);  // 17 rows in batches of 5
  rig.options.clients.count = 51;
  CHECK_THROWS_AS(rig.trainer(), Error);
}

}  // namespace normrun::test
