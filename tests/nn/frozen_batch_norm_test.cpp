#include <doctest/doctest.h>

#include <string>

#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

LayerRig<double> rig_of(const std::string& options) {
  LayerRig<double> rig({describe_layer("dense", R"({"units": 3})"), describe_layer("batch", options)}, Shape{4, 2}, 6);
  RandomStream stream(5, Purpose::kData);
  for (double& value : rig.x.view()) value = 2.0 + 3.0 * stream.normal();
  for (double& value : rig.dy.view()) value = stream.normal();
  return rig;
}

std::vector<double> values(ConstView<double> view) { return {view.begin(), view.end()}; }

}  // namespace

TEST_CASE("a frozen batch normalization is inference in every mode: outputs, statistics and gradients") {
  for (const std::string time : {"shared", "per-step"}) {
    CAPTURE(time);
    const std::string options = R"("initial_mean": 0.5, "initial_variance": 2, "time": ")" + time + "\"";
    LayerRig<double> frozen = rig_of(R"({"trainable": false, )" + options + "}");
    LayerRig<double> trained = rig_of("{" + options + "}");
    const std::vector<double> eval = values(trained.forward({.mode = kEvalMode}));
    trained.backward();
    for (const Mode& mode : {kTrainMode, kEvalMode, kTrainFrozen, Mode{Statistics::kMoving, Tracking::kUpdate, Dropout::kOff}}) {
      CHECK(values(frozen.forward({.mode = mode})) == eval);
      frozen.backward();
      CHECK(values(frozen.dx.view()) == values(trained.dx.view()));
      CHECK(std::equal(frozen.grad("kernel").begin(), frozen.grad("kernel").end(), trained.grad("kernel").begin()));
      for (const double gradient : frozen.grad("gamma")) CHECK(gradient == 0.0);
      for (const double gradient : frozen.grad("beta")) CHECK(gradient == 0.0);
      CHECK(frozen.next_state == frozen.model.state);
    }
    CHECK(trained.grad("gamma")[0] != 0.0);
    CHECK(values(trained.forward({.mode = kTrainMode})) != eval);
  }
}

}  // namespace normrun::test
