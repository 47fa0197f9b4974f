// Embedding gives each token, a whole number from 0 to input_dim - 1, a learned row of numbers.
//
//   x: (time) or (time, 1)  embeddings: (input_dim, output_dim)  y: (time, output_dim), y[t] = embeddings[x[t]]
//   dembeddings[token] = sum of dy over the steps of that token, in the order of the rows;  x has no gradient
//
// Source: Keras 3 Embedding, whose tokens have an integer type.  Here tokens are numbers of the data, and a number that is no token is
// refused.  Modes: the layer does not read the mode.  A step beyond an example's length gives 0, and its token is not read.
#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "nn/initializers.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Embedding;

class EmbeddingSpec final : public SpecOf<EmbeddingSpec, Embedding> {
 public:
  Index input_dim = 1;
  Index output_dim = 1;
  std::shared_ptr<config::Described> embeddings_initializer = default_initializer("random_uniform");

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.integer({"input_dim", "how many tokens there are: the whole numbers from 0 to input_dim - 1"}, input_dim, {1, Index{1} << 24});
    visitor.require(visitor.given("input_dim"), "", "the key \"input_dim\": how many tokens there are");
    visitor.integer({"output_dim", "how many numbers stand for a token"}, output_dim, {1, Index{1} << 20});
    visitor.require(visitor.given("output_dim"), "", "the key \"output_dim\": how many numbers stand for a token");
    describe_initializer(visitor, {"embeddings_initializer", "how the learned rows are initialized"}, embeddings_initializer,
                         "random_uniform");
  }
};

template <class T>
class Embedding final : public Layer<T> {
 public:
  Embedding(const EmbeddingSpec& spec, Blueprint& blueprint)
      : layer_name_(blueprint.layer_name()), tokens_(spec.input_dim), units_(spec.output_dim), steps_(blueprint.input().size()) {
    const Shape& input = blueprint.input();
    if (blueprint.place().input != 0)
      blueprint.refuse("it reads another layer, whose outputs are no tokens", "let it read the network's input");
    if (input.rank() != 1 && !(input.rank() == 2 && input.channels() == 1))
      blueprint.refuse("its input has the shape " + input.text() + ", not (time) or (time, 1)",
                       "an embedding reads one token for each step");
    embeddings_ = blueprint.param("embeddings", {tokens_, units_}, initializer_from(spec.embeddings_initializer), tokens_, units_);
    blueprint.set_output({steps_, units_});
  }

  void forward(const Forward<T>& call) const override {
    const T* const embeddings = call.params + embeddings_.offset;
    for_each_step(call, [&](Index step, const T* token) {
      if (token == nullptr) {
        std::fill_n(call.y.row(step), units_, T{0});
      } else {
        std::copy_n(embeddings + checked(*token) * units_, units_, call.y.row(step));
      }
    });
  }

  void backward(const Backward<T>& call) const override {
    T* const gradient = call.grads + embeddings_.offset;
    std::fill_n(gradient, embeddings_.size, T{0});
    for_each_step(call, [&](Index step, const T* token) {
      if (token != nullptr) kernels::add<T>(call.dy.row(step), gradient + static_cast<Index>(*token) * units_, units_);
    });
    if (call.dx.data != nullptr) std::fill(call.dx.begin(), call.dx.end(), T{0});
  }

 private:
  /// Calls visit(row of y, its token) for every step of the call.  The token of a padded step is null.
  template <class Call, class Visit>
  void for_each_step(const Call& call, const Visit& visit) const {
    for (Index e = 0; e < call.examples; ++e) {
      const Index valid = call.lengths != nullptr ? call.lengths[e] : steps_;
      for (Index t = 0; t < steps_; ++t) visit(e * steps_ + t, t < valid ? call.x.data + e * steps_ + t : nullptr);
    }
  }

  Index checked(T token) const {
    if (token >= T{0} && token < static_cast<T>(tokens_) && token == std::floor(token)) return static_cast<Index>(token);
    refuse_usage(
        "layer " + layer_name_,
        "its input " + std::to_string(token) + " is no token: tokens are the whole numbers from 0 to " + std::to_string(tokens_ - 1),
        "raise \"input_dim\", or prepare the data so that tokens stay whole numbers (\"standardize\" and \"scale\" change them)");
  }

  std::string layer_name_;
  Index tokens_;
  Index units_;
  Index steps_;
  ParamId embeddings_;  // (tokens, units)
};

}  // namespace

config::FamilyMember embedding() {
  return {"embedding", "y[t] = embeddings[x[t]], a learned row for each token", "Keras 3 Embedding",
          [] { return std::make_shared<EmbeddingSpec>(); }};
}

}  // namespace normrun::nn::layers
