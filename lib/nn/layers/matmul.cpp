// Matmul multiplies the matrices of its two inputs: y = a b, for every place along the axes before the last two.
//
//   a: (…, rows, inner)  b: (…, inner, columns)  y: (…, rows, columns);  da = dy b^T,  db = a^T dy
//
// Source: numpy.matmul, ONNX MatMul.  Attention is made of such products (Vaswani et al. 2017, eq. 1).  Modes: the layer does not read the
// mode.
#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/join.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Matmul;

class MatmulSpec final : public SpecOf<MatmulSpec, Matmul> {
 public:
  std::vector<LayerList> branch_layers;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.tagged_lists({"branches", "two lists of layers; each reads the block's input, and an empty one gives the input itself"},
                         branch_layers, layer_family());
    const bool has_one_input = !inputs || inputs->size() == 1;
    visitor.require(branch_layers.empty() || branch_layers.size() == 2, "branches",
                    "two branches: the matrices on the left and on the right");
    visitor.require(branch_layers.empty() || has_one_input, "inputs", "one name: with \"branches\" all of them read that layer");
    visitor.require(!branch_layers.empty() || (inputs && inputs->size() == 2), "",
                    R"("branches": [[…], […]], or "inputs": the names of two layers)");
  }
  std::vector<Branch> branches() const override {
    std::vector<Branch> branches;
    for (const LayerList& layers : branch_layers) branches.push_back({std::to_string(branches.size()), layers});
    return branches;
  }
  bool joins() const override { return true; }
};

template <class T>
class Matmul final : public Layer<T> {
 public:
  Matmul(const MatmulSpec&, Blueprint& blueprint) {
    const std::vector<Index>& a = blueprint.inputs()[0].dims();
    const std::vector<Index>& b = blueprint.inputs()[1].dims();
    const std::size_t rank = a.size();
    const bool fits = rank >= 2 && b.size() == rank && std::equal(a.begin(), a.end() - 2, b.begin()) && a[rank - 1] == b[rank - 2];
    if (!fits)
      blueprint.refuse("cannot multiply matrices of the shapes " + shapes_text(blueprint.inputs()),
                       "the last axis of the first must be the last but one of the second, and the axes before them equal");
    rows_ = a[rank - 2];
    inner_ = a[rank - 1];
    columns_ = b[rank - 1];
    matrices_ = blueprint.inputs()[0].size() / (rows_ * inner_);
    std::vector<Index> dims = a;
    dims.back() = columns_;
    blueprint.set_output(std::move(dims));
  }

  void forward(const Forward<T>& call) const override {
    for (Index i = 0; i < call.examples * matrices_; ++i)
      kernels::product<T>(left(call.x.data, i), right(call.more[0].data, i), nullptr, result(call.y.data, i));
  }

  void backward(const Backward<T>& call) const override {
    for (Index i = 0; i < call.examples * matrices_; ++i) {
      const ConstView<T> dy = result(call.dy.data, i);
      if (call.dx.data != nullptr) kernels::product_input_gradient<T>(dy, right(call.more[0].data, i), left(call.dx.data, i));
      if (call.dmore[0].data != nullptr) kernels::product_weight_gradient<T>(left(call.x.data, i), dy, right(call.dmore[0].data, i));
    }
  }
  LayerTraits traits() const override { return {.part_by_part = PartByPart::kBoth, .lengths = Lengths::kLost}; }

 private:
  template <class U>
  View<U> left(U* data, Index i) const {
    return {data + i * rows_ * inner_, rows_, inner_};
  }
  template <class U>
  View<U> right(U* data, Index i) const {
    return {data + i * inner_ * columns_, inner_, columns_};
  }
  template <class U>
  View<U> result(U* data, Index i) const {
    return {data + i * rows_ * columns_, rows_, columns_};
  }

  Index rows_ = 1;
  Index inner_ = 1;
  Index columns_ = 1;
  Index matrices_ = 1;  // how many matrices an example has
};

}  // namespace

config::FamilyMember matmul() {
  return {"matmul", "y = a b, the product of the matrices that two layers give", "numpy.matmul; Vaswani et al. 2017, eq. 1",
          [] { return std::make_shared<MatmulSpec>(); }};
}

}  // namespace normrun::nn::layers
