#include "fuzz/fuzz_rig.hpp"
#include "models/onnx_model.hpp"

using namespace normrun;

/// What is read is a network that can be built and filled.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::expect_result_or_error([&] {
    const models::ForeignModel model = models::model_of(files::parse_onnx(std::string(test::text_of(data, size)), "fuzz.onnx"));
    const nn::Network<float> network(models::layers_of(model), model.input);
    models::numbers_of(model, network);
  });
  return 0;
}
