// ResNet-20 and its kin for small images: a convolution, three stages of residual blocks, and the mean over height and width.
//
//   stem   conv 3x3, norm, relu                                   `width` filters
//   stage  `depth` blocks: relu(body(x) + shortcut(x)), body = conv 3x3, norm, relu, conv 3x3, norm
// The first block of stages 2 and 3 has stride 2 and twice the filters.  Its shortcut is a 1x1 convolution with a norm (option B of the
//   source); or it takes every second pixel and adds channels of zeros, half of them on either side (option A).
//
// With the dense layer that follows, the network has 6 depth + 2 layers.  The convolutions have no bias, and pad with zeros on every side.
// Source: He, Zhang, Ren and Sun 2016, sections 3.3 and 4.2.
#include "fmt/format.h"
#include "nn/layers/layers.hpp"
#include "nn/layers/preset.hpp"

namespace normrun::nn::layers {
namespace {

enum class Shortcut { kConvolution, kPadding };

class Resnet20Spec final : public PresetSpec {
 public:
  Index width = 16;
  Index depth = 3;
  Shortcut shortcut = Shortcut::kConvolution;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"width", "filters of the first stage; the second stage has twice as many, and the third four times as many"}, width,
                    {1, 4096});
    visitor.integer({"depth", "residual blocks in each of the three stages; the whole network has 6 depth + 2 layers"}, depth, {1, 200});
    visitor.choice<Shortcut>({"shortcut",
                              "what brings a block's input to the body's shape: a 1x1 convolution with a norm, or every second pixel "
                              "padded with channels of zeros"},
                             shortcut, {{"convolution", Shortcut::kConvolution}, {"padding", Shortcut::kPadding}});
    visitor.require(shortcut == Shortcut::kConvolution || width % 2 == 0, "width",
                    R"(an even number, because "shortcut": "padding" adds half as many channels on either side)");
  }

  std::string expansion() const override {
    std::vector<std::string> layers = {convolution("conv", 3, width, 1), layer_text("norm", "norm"), layer_text("relu", "relu")};
    for (Index stage = 0; stage < 3; ++stage) {
      for (Index block = 0; block < depth; ++block) {
        const std::string block_name = fmt::format("stage_{}_block_{}", stage + 1, block + 1);
        layers.push_back(residual(block_name, width << stage, stage > 0 && block == 0 ? 2 : 1));
        layers.push_back(layer_text("relu", block_name + "_relu"));
      }
    }
    layers.push_back(layer_text("global_average_pooling2d", "pool"));
    return list_text(layers);
  }

 private:
  static std::string convolution(std::string_view name, Index size, Index filters, Index stride) {
    constexpr const char* kOptions =
        R"("kernel_size": {}, "filters": {}, "strides": {}, "pads": {}, "use_bias": false, "kernel_initializer": {{"type": "he_normal"}})";
    return layer_text("conv2d", name, fmt::format(kOptions, size, filters, stride, size / 2));
  }

  std::string residual(const std::string& block_name, Index filters, Index stride) const {
    const std::vector<std::string> body = {convolution("conv_1", 3, filters, stride), layer_text("norm", "norm_1"),
                                           layer_text("relu", "relu"), convolution("conv_2", 3, filters, 1), layer_text("norm", "norm_2")};
    std::string options = "\"body\": " + list_text(body);
    if (stride > 1) options += ", \"shortcut\": " + list_text(shortcut_layers(filters));
    return layer_text("residual", block_name, options);
  }

  std::vector<std::string> shortcut_layers(Index filters) const {
    if (shortcut == Shortcut::kConvolution) return {convolution("conv", 1, filters, 2), layer_text("norm", "norm")};
    return {layer_text("max_pooling2d", "every_second", R"("pool_size": 1, "strides": 2)"),
            layer_text("padding", "zeros", fmt::format(R"("pads": [0, 0, 0, 0, {0}, {0}])", filters / 4))};
  }
};

}  // namespace

config::FamilyMember resnet20() {
  return {"resnet20", "a residual network for small images, up to the pooled features; its norms are the config's `norm`",
          "He, Zhang, Ren and Sun 2016, section 4.2", [] { return std::make_shared<Resnet20Spec>(); }};
}

}  // namespace normrun::nn::layers
