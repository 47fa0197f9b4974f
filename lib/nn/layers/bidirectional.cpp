// Bidirectional runs two recurrent layers over a sequence: one forward, and one with parameters of its own from the last valid step back to
// the first.
//
//   y = merge(layer(x), reverse(layer with go_backwards(x)));  without return_sequences there is nothing to reverse
//
// It is a block of the two branches "forward" and "backward", joined by concatenate, add or multiply.
// Source: Schuster and Paliwal 1997; Keras 3 Bidirectional, PyTorch's bidirectional=True (merge_mode "concat").  Modes: those of the two
// layers.
#include "config/options/document.hpp"
#include "core/error.hpp"
#include "nn/layer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/registry.hpp"

namespace normrun::nn::layers {
namespace {

const config::Family& recurrent_family() {
  static const config::Family kFamily{"recurrent", {simple_rnn(), lstm(), gru()}};
  return kFamily;
}

class BidirectionalSpec final : public SpecWithFactory<BidirectionalSpec> {
 public:
  std::shared_ptr<config::Described> layer;
  std::string join = "concatenate";

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.tagged({"layer", "the recurrent layer that runs forward; one with the same options runs backward"}, layer, recurrent_family());
    visitor.require(visitor.refused("layer") || layer != nullptr, "",
                    R"(the key "layer": {"type": "lstm", "units": …}, or gru or simple_rnn)");
    visitor.choice<std::string>({"merge_mode", "how the outputs of the two directions are joined"}, join,
                                {{"concat", "concatenate"}, {"sum", "add"}, {"mul", "multiply"}});
  }

  std::vector<Branch> branches() const override {
    if (layer == nullptr) return {};
    const auto doc = config::Document::parse(config::write_resolved(*layer), "the layer of " + type);
    if (doc.text_at("go_backwards") == "true")
      refuse_usage("layer " + (name.empty() ? type : name), "its layer already goes backwards",
                   "leave \"go_backwards\" out: bidirectional adds the backward layer itself");
    auto backwards = doc;
    backwards.set("go_backwards", "true", type);
    LayerList back{one_layer(backwards)};
    if (doc.text_at("return_sequences") == "true") back.push_back(layer_family().make("reverse"));
    return {{"forward", {one_layer(doc)}}, {"backward", back}};
  }
  bool joins() const override { return true; }

  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    return std::static_pointer_cast<const LayerSpec>(layer_family().make(join))->template make<T>(blueprint);
  }

 private:
  /// Returns a layer with the options of a document.  The layer's name is the path of its branch.
  std::shared_ptr<config::Described> one_layer(const config::Document& options) const {
    auto made = std::static_pointer_cast<LayerSpec>(recurrent_family().make(layer->type));
    std::vector<Problem> problems;
    options.read("", *made, problems);
    if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
    made->local_name = std::move(made->name);
    made->name.clear();
    return made;
  }
};

}  // namespace

config::FamilyMember bidirectional() {
  return {"bidirectional", "joins the outputs of two recurrent layers: one runs over the steps, and another one from the last step back",
          "Schuster and Paliwal 1997; Keras 3 Bidirectional", [] { return std::make_shared<BidirectionalSpec>(); }};
}

}  // namespace normrun::nn::layers
