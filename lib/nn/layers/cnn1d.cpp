// The fully convolutional network for time series, up to the mean over time: `depth` blocks of conv1d, norm, relu, all of `width` filters.
//
// The convolutions keep the number of steps and have a bias.
// Source: Wang, Yan and Oates 2017, section II-B (there three blocks of 128, 256 and 128 filters and kernels of 8, 5 and 3 steps).
#include "fmt/format.h"
#include "nn/layers/layers.hpp"
#include "nn/layers/preset.hpp"

namespace normrun::nn::layers {
namespace {

class Cnn1dSpec final : public PresetSpec {
 public:
  Index width = 64;
  Index depth = 3;
  Index kernel_size = 5;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"width", "filters of each convolution"}, width, {1, 4096});
    visitor.integer({"depth", "blocks of a convolution, a norm and a relu"}, depth, {1, 200});
    visitor.integer({"kernel_size", "how many steps a convolution sees"}, kernel_size, {1, 1024});
  }

  std::string expansion() const override {
    std::vector<std::string> layers;
    for (Index block = 1; block <= depth; ++block) {
      layers.push_back(layer_text("conv1d", fmt::format("conv_{}", block),
                                  fmt::format(R"("filters": {}, "kernel_size": {}, "padding": "same")", width, kernel_size)));
      layers.push_back(layer_text("norm", fmt::format("norm_{}", block)));
      layers.push_back(layer_text("relu", fmt::format("relu_{}", block)));
    }
    layers.push_back(layer_text("global_average_pooling1d", "pool"));
    return list_text(layers);
  }
};

}  // namespace

config::FamilyMember cnn1d() {
  return {"cnn1d", "convolutions over time, up to the features averaged over time; its norms are the config's `norm`",
          "Wang, Yan and Oates 2017, section II-B", [] { return std::make_shared<Cnn1dSpec>(); }};
}

}  // namespace normrun::nn::layers
