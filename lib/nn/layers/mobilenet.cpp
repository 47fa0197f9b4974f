// MobileNet's stack of depthwise separable convolutions for small images, up to the mean over height and width.
//
//   stem   conv 3x3, norm, relu                                        `width` filters
//   block  depthwise conv 3x3, norm, relu, conv 1x1, norm, relu        `depth` times
// The first block doubles the channels.  Of the later blocks every second one (blocks 2, 4, …) has stride 2 and doubles them, too.
//
// The convolutions have no bias, and pad with zeros on every side.  The source's stem has stride 2, because its images are larger.
// Source: Howard et al. 2017, table 1.
#include "fmt/format.h"
#include "nn/layers/layers.hpp"
#include "nn/layers/preset.hpp"

namespace normrun::nn::layers {
namespace {

class MobilenetSpec final : public PresetSpec {
 public:
  Index width = 32;
  Index depth = 5;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"width", "filters of the first convolution"}, width, {1, 1024});
    visitor.integer(
        {"depth",
         "how many depthwise separable blocks there are; after the first, every second one halves the image and doubles the channels"},
        depth, {1, 13});
  }

  std::string expansion() const override {
    std::vector<std::string> layers;
    add_normalized(layers, "conv2d", "conv", fmt::format(R"("filters": {}, "kernel_size": 3, "pads": 1)", width));
    Index channels = width;
    for (Index block = 1; block <= depth; ++block) {
      const Index stride = block % 2 == 0 ? 2 : 1;
      if (block == 1 || stride == 2) channels *= 2;
      const std::string block_name = fmt::format("block_{}", block);
      add_normalized(layers, "depthwise_conv2d", block_name + "_depthwise",
                     fmt::format(R"("kernel_size": 3, "pads": 1, "strides": {})", stride));
      add_normalized(layers, "conv2d", block_name + "_pointwise", fmt::format(R"("filters": {}, "kernel_size": 1)", channels));
    }
    layers.push_back(layer_text("global_average_pooling2d", "pool"));
    return list_text(layers);
  }

 private:
  /// Adds a convolution without bias, a norm and a relu.
  static void add_normalized(std::vector<std::string>& layers, std::string_view type, const std::string& name, const std::string& options) {
    layers.push_back(layer_text(type, name, R"("use_bias": false, )" + options));
    layers.push_back(layer_text("norm", name + "_norm"));
    layers.push_back(layer_text("relu", name + "_relu"));
  }
};

}  // namespace

config::FamilyMember mobilenet() {
  return {"mobilenet", "depthwise separable convolutions for small images, up to the pooled features; its norms are the config's `norm`",
          "Howard et al. 2017, table 1", [] { return std::make_shared<MobilenetSpec>(); }};
}

}  // namespace normrun::nn::layers
