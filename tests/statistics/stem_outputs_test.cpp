#include "statistics/stem_outputs.hpp"

#include <doctest/doctest.h>

#include "train_rig.hpp"

namespace normrun::test {

TEST_CASE("a stem's outputs are those of the whole pass, whatever order and batches the rows come in") {
  const TrainRig<float> rig({{"dense", R"("units": 6)"}, {"layer"}, {"relu"}, {"dropout"}, {"dense", R"("units": 3)"}},
                            clusters<float>(2100),
                            R"({"steps": 5})");  // 1400 rows: several slices
  const nn::Model<float> model = rig.trained().model();
  statistics::StemOutputs<float> stem(rig.network, model.params, rig.data.train);
  REQUIRE(stem.boundary() == 3);
  CHECK(stem.are_by(model.params));
  CHECK_FALSE(stem.are_by(std::vector<float>(model.params.begin(), model.params.end())));
  const std::vector<Index> all = rows_in_order(rig.data.train.samples());
  const Matrix<float> expected =
      statistics::run_forward<float>(rig.network, model.params, model.state, kEvalMode, rig.data.train, all, 1, stem.boundary());
  std::vector<Index> reversed(all.rbegin(), all.rend());
  for (const std::vector<Index>& rows :
       {std::vector<Index>{7, 7, 3}, std::vector<Index>{}, std::vector<Index>{3, 900}, reversed, reversed}) {
    Matrix<float> outputs(static_cast<Index>(rows.size()), expected.cols());
    stem.gather(rows, outputs.view());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (Index c = 0; c < expected.cols(); ++c) CHECK(outputs(static_cast<Index>(i), c) == expected(rows[i], c));
    }
  }
}

TEST_CASE("a pass takes what is below a stem's boundary from it, and only by its own parameters") {
  const TrainRig<float> rig({{"dense", R"("units": 6)"}, {"batch"}, {"relu"}, {"dense", R"("units": 3)"}}, clusters<float>(60),
                            R"({"steps": 5})");
  const nn::Model<float> model = rig.trained().model();
  nn::Model<float> other = model;
  statistics::StemOutputs<float> stem(rig.network, model.params, rig.data.train);
  const std::vector<Index> rows = rows_in_order(rig.data.train.samples());
  const auto outputs = [&](const statistics::SplitRows<float>& source, const nn::Model<float>& by, const Mode& mode, Index boundary) {
    const Matrix<float> y = statistics::run_forward<float>(rig.network, by.params, by.state, mode, source, rows, 8, boundary);
    return std::vector<float>(y.view().begin(), y.view().end());
  };
  outputs({rig.data.train, &stem}, model, kEvalMode, 4);  // fills it
  other.params[0] += 1.0F;
  for (const Mode& mode : {kEvalMode, kTrainFrozen}) {
    for (const Index boundary : {0, 1, 2, 4}) {
      CAPTURE(boundary);
      CHECK(outputs({rig.data.train, &stem}, model, mode, boundary) == outputs(rig.data.train, model, mode, boundary));
      CHECK(outputs({rig.data.train, &stem}, other, mode, boundary) == outputs(rig.data.train, other, mode, boundary));
    }
  }
  CHECK(outputs(rig.data.train, other, kEvalMode, 4) != outputs(rig.data.train, model, kEvalMode, 4));
}

}  // namespace normrun::test
