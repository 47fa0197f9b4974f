#include "nn/checkpoint.hpp"

#include <doctest/doctest.h>

#include "core/error.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {

TEST_CASE("from_tensors: the whole network and nothing else, with its shapes") {
  LayerRig<float> rig({describe_layer("dense", R"({"units": 2})"), describe_layer("batch")}, Shape{3}, 1);
  nn::Model<float> model = nn::fresh_model(rig.network(), 1);
  files::TensorFile file = nn::to_tensors(rig.layout(), rig.model);
  CHECK(file.tensors[0].name == "dense_0.kernel");
  CHECK(file.tensors.back().name == "batch_1.updates");
  nn::from_tensors(rig.layout(), file, "f", model);
  CHECK(model.params == rig.model.params);

  files::TensorFile part = file;
  part.tensors.resize(1);
  CHECK_THROWS_WITH_AS(nn::from_tensors(rig.layout(), part, "f", model), doctest::Contains("f: tensor dense_0.bias is missing"), Error);

  files::TensorFile more = file;
  more.tensors.push_back({"other", {1}, false, {1.0}});
  CHECK_THROWS_WITH_AS(nn::from_tensors(rig.layout(), more, "f", model), doctest::Contains("tensor other does not belong"), Error);

  files::TensorFile turned = file;
  turned.tensors[0].shape = {2, 3};
  CHECK_THROWS_WITH_AS(nn::from_tensors(rig.layout(), turned, "f", model),
                       doctest::Contains("dense_0.kernel has the shape (2, 3), but the network needs (3, 2)"), Error);
}

}  // namespace normrun::test
