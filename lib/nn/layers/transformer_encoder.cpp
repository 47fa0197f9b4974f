// The encoder of a transformer, up to the pooled features.  It brings the input's features (or tokens) to d_model channels, adds positions,
// and runs `depth` blocks; a block has self-attention and two dense layers, each with a shortcut beside it.  The mean over time comes last.
//
//   norm_first      x = x + attention(norm(x)),  x = x + feed_forward(norm(x)), and a norm after the last block
//   not norm_first  x = norm(x + attention(x)),  x = norm(x + feed_forward(x))
//   feed_forward    dense(activation(dense(x))), with `feed_forward` units between
//   dropout         of the weights of attention, and behind attention, the activation and the second dense layer
//
// Source: Vaswani et al. 2017, section 3; PyTorch TransformerEncoderLayer; Xiong et al. 2020 for norm_first.
#include "fmt/format.h"
#include "nn/layers/layers.hpp"
#include "nn/layers/preset.hpp"

namespace normrun::nn::layers {
namespace {

enum class EncoderPositions { kSinusoidal, kLearned, kNone };
enum class EncoderPooling { kAverage, kMax, kNone };

class TransformerEncoderSpec final : public PresetSpec {
 public:
  Index d_model = 64;
  Index num_heads = 4;
  Index feed_forward = 256;
  Index depth = 2;
  bool norm_first = true;
  bool use_causal_mask = false;
  double dropout = 0.0;
  bool is_gelu = false;
  EncoderPositions positions = EncoderPositions::kSinusoidal;
  EncoderPooling pooling = EncoderPooling::kAverage;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    constexpr Index kWidest = Index{1} << 16;
    visitor.integer({"d_model", "channels of each step between the blocks"}, d_model, {1, kWidest});
    visitor.integer({"num_heads", "heads of each attention; they divide d_model"}, num_heads, {1, kWidest});
    visitor.integer({"feed_forward", "units between the two dense layers of a block"}, feed_forward, {1, kWidest});
    visitor.integer({"depth", "how many blocks"}, depth, {1, 200});
    visitor.flag({"norm_first", "whether the norms come before attention and feed-forward, instead of after the sums"}, norm_first);
    visitor.flag({"use_causal_mask", "whether a step sees only itself and the steps before it"}, use_causal_mask);
    visitor.number({"dropout", "the rate of every dropout"}, dropout, {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.choice({"activation", "the function that follows the first dense layer of a block"}, is_gelu,
                   {{"relu", false}, {"gelu", true}});
    visitor.choice(
        {"positions", "the positions that are added to the steps before the first block"}, positions,
        {{"sinusoidal", EncoderPositions::kSinusoidal}, {"learned", EncoderPositions::kLearned}, {"none", EncoderPositions::kNone}});
    visitor.choice({"pooling", "how the steps are pooled after the last block"}, pooling,
                   {{"average", EncoderPooling::kAverage}, {"max", EncoderPooling::kMax}, {"none", EncoderPooling::kNone}});
  }

  std::string expansion() const override {
    std::vector<std::string> layers{layer_text("dense", "embedding", fmt::format(R"("units": {})", d_model))};
    if (positions != EncoderPositions::kNone)
      layers.push_back(layer_text(positions == EncoderPositions::kLearned ? "learned_positions" : "sinusoidal_positions", "positions"));
    for (Index block = 1; block <= depth; ++block) {
      add_part(fmt::format("attention_{}", block), attention(), layers);
      add_part(fmt::format("feed_forward_{}", block), dense_layers(), layers);
    }
    if (norm_first) layers.push_back(layer_text("norm", "norm"));
    if (pooling != EncoderPooling::kNone)
      layers.push_back(layer_text(pooling == EncoderPooling::kMax ? "global_max_pooling1d" : "global_average_pooling1d", "pool"));
    return list_text(layers);
  }

 private:
  /// Adds a residual block called `part` around `body`, with its norm.
  void add_part(const std::string& part, std::vector<std::string> body, std::vector<std::string>& layers) const {
    if (norm_first) body.insert(body.begin(), layer_text("norm", "norm"));
    add_dropout("dropout", body);
    layers.push_back(layer_text("residual", part, fmt::format(R"("body": {})", list_text(body))));
    if (!norm_first) layers.push_back(layer_text("norm", part + "_norm"));
  }
  std::vector<std::string> attention() const {
    return {layer_text("multi_head_attention", "attention",
                       fmt::format(R"("num_heads": {}, "use_causal_mask": {}, "dropout": {})", num_heads, use_causal_mask, dropout))};
  }
  std::vector<std::string> dense_layers() const {
    std::vector<std::string> layers{layer_text("dense", "dense_1", fmt::format(R"("units": {})", feed_forward)),
                                    layer_text(is_gelu ? "gelu" : "relu", "activation")};
    add_dropout("inner_dropout", layers);
    layers.push_back(layer_text("dense", "dense_2", fmt::format(R"("units": {})", d_model)));
    return layers;
  }
  void add_dropout(const char* own_name, std::vector<std::string>& layers) const {
    if (dropout > 0.0) layers.push_back(layer_text("dropout", own_name, fmt::format(R"("rate": {})", dropout)));
  }
};

}  // namespace

config::FamilyMember transformer_encoder() {
  return {"transformer_encoder", "a transformer's encoder, up to the features averaged over time; its norms are the config's `norm`",
          "Vaswani et al. 2017, section 3; PyTorch TransformerEncoder", [] { return std::make_shared<TransformerEncoderSpec>(); }};
}

}  // namespace normrun::nn::layers
