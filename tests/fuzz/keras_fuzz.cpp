#include "fuzz/fuzz_rig.hpp"
#include "models/keras_model.hpp"

using namespace normrun;

/// The input is Keras's config.  The weights have the names and sizes of a small model, so that some configs are read whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::expect_result_or_error([&] {
    files::TensorFile file;
    file.metadata[models::kKerasConfig] = test::text_of(data, size);
    const auto add = [&](const std::string& name, std::vector<Index> shape, std::size_t count) {
      file.tensors.push_back({.name = name, .shape = std::move(shape), .is_double = true, .values = std::vector<double>(count, 1.0)});
    };
    add("c/kernel", {3, 3, 1, 2}, 18);
    add("c/bias", {2}, 2);
    for (const char* const role : {"gamma", "beta", "moving_mean", "moving_variance"}) add(std::string("bn/") + role, {2}, 2);
    add("d/kernel", {2, 3}, 6);
    add("d/bias", {3}, 3);
    const models::ForeignModel model = models::model_of(std::move(file), "fuzz.safetensors");
    const nn::Network<float> network(models::layers_of(model), model.input);
    models::numbers_of(model, network);
  });
  return 0;
}
