// `none` and the placeholder `norm` build no layer.
//
// none  takes the place of {"type": "norm"} in a network without normalization: y is x itself
//   norm  is the placeholder for the config's "norm", which fills it before a network is built
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

class NoneSpec final : public SpecWithFactory<NoneSpec> {
 public:
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint&) const {
    return nullptr;
  }
};

class PlaceholderSpec final : public SpecWithFactory<PlaceholderSpec> {
 public:
  void describe(config::OptionVisitor& visitor) override { describe_common(visitor); }
  template <class T>
  [[noreturn]] std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    blueprint.refuse("this layer is the placeholder \"norm\", and the config has no \"norm\"",
                     "add \"norm\" to the config; \"norm\": {\"type\": \"none\"} means no normalization");
  }
};

}  // namespace

config::FamilyMember none() {
  return {"none", "no layer at all: the network without normalization", "", [] { return std::make_shared<NoneSpec>(); }};
}
config::FamilyMember norm() {
  return {"norm", "the place that the config's `norm` fills", "", [] { return std::make_shared<PlaceholderSpec>(); }};
}

}  // namespace normrun::nn::layers
