#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/shape.hpp"
#include "nn/averages.hpp"

namespace normrun::nn {

/// Where a parameter, a moving statistic or a cache lies in its flat buffer.
struct ParamId {
  Index offset = 0;
  Index size = 0;
};
struct StateId {
  Index offset = 0;
  Index size = 0;
};
/// A cache holds the numbers that forward leaves for backward: `per_example` numbers for every example, or `size` numbers for a call.
struct CacheId {
  Index offset = 0;       // within the memory for examples, or in that for calls
  Index per_example = 0;  // 0 in a cache for a call
  Index size = 0;         // 0 in a cache for examples
};

/// How a parameter starts.  The names and formulas are those of Keras 3 and PyTorch 2.
enum class Init {
  kZeros,
  kOnes,
  kConstant,
  kGlorotUniform,
  kGlorotNormal,
  kHeUniform,
  kHeNormal,
  kLecunUniform,
  kLecunNormal,  // Keras truncates normal ones at 2 standard deviations
  kRandomNormal,
  kRandomUniform,
  kOrthogonal,
  kKaimingUniform,
  kKaimingNormal,
  kXavierUniform,
  kXavierNormal,
  kTorchDefault,  // U(-1/sqrt(fan_in), 1/sqrt(fan_in)), PyTorch's for its own layers
};
struct Initializer {
  Init kind = Init::kGlorotUniform;
  double a = 0.0;  // the value of a constant, the mean of a normal, the lower bound of a uniform one
  double b = 0.0;  // the standard deviation of a normal, the upper bound of a uniform one
  struct Elements {
    Index begin = 0;
    Index end = 0;
  };
  Elements ones = {};  // these start at 1, whatever the kind, as the bias of an LSTM's forget gate does
};

/// What an optimizer needs to know of a parameter.
enum class ParamRole {
  kWeight,         // a kernel or a bias
  kNormalization,  // gamma or beta
  kFrozen,         // no optimizer changes it
};

struct ParamEntry {
  std::string layer;  // the layer's name
  std::string name;   // kernel, bias, gamma, beta, recurrent_kernel, …
  std::vector<Index> shape;
  ParamId id;
  Initializer initializer;
  Index fan_in = 1;
  Index fan_out = 1;
  Index place = 0;           // its initialization stream: position of the layer * 64 + number of the parameter in it
  std::uint64_t branch = 0;  // of the layer
  ParamRole role = ParamRole::kWeight;
};
struct StateEntry {
  std::string layer;
  std::string name;  // moving_mean, moving_variance, updates, …
  std::vector<Index> shape;
  StateId id;
  double initial = 0.0;
};

/// What the tables, the budget and the estimators need to know of a normalization layer.
struct Normalization {
  Index layer = 0;  // index into the network's built layers
  Index input = 0;  // the boundary that it reads
  std::string name = "";
  std::string type = "";  // batch, layer, …
  Index features = 0;     // normalized channels; those of all steps together where each step has statistics of its own
  Index steps = 1;        // how many steps have statistics of their own, each for features / steps channels
  double epsilon = 0.0;
  double momentum = 0.0;  // weight of the old value
  Average average = Average::kExponential;
  MovingVariance variance_rule = MovingVariance::kBiased;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  Index ghost_batch_size = 0;  // the most examples that share batch statistics; 0: all examples of a pass
  std::optional<ParamId> gamma = std::nullopt;
  std::optional<ParamId> beta = std::nullopt;
  std::optional<StateId> moving_mean = std::nullopt;  // empty: no moving statistics
  std::optional<StateId> moving_variance = std::nullopt;
  std::optional<StateId> moving_deviation = std::nullopt;  // where it is what moves, and the variance follows from it
  std::optional<StateId> updates = std::nullopt;           // how often they moved, one number
};

/// The plan of a network's buffers: what each holds, and its size.
struct Layout {
  std::vector<ParamEntry> params;
  std::vector<StateEntry> states;
  std::vector<Normalization> normalizations;
  Index param_count = 0;
  Index state_count = 0;
  Index cache_per_example = 0;
  Index cache_fixed = 0;
};

/// Where a layer stands in the config, and among the built layers.
struct LayerPlace {
  Index layer = 0;                                // the index among the built layers
  Index input = 0;                                // the boundary that it reads, the first one of several
  Index position = 0;                             // the place in its list of layers, `none` included
  std::uint64_t branch = 0;                       // which list it is (branch_of); 0: the network's own
  std::optional<double> momentum = std::nullopt;  // instead of the layer's own, as a weight of the old value
};

/// Given to a layer's constructor, which reads its input shape, declares its parameters, statistics and caches, and sets its output shape.
class Blueprint {
 public:
  static constexpr Index kMaxParams = Index{1} << 31;  // in a network
  static constexpr Index kParamsPerPlace = 64;         // how many initialization streams a layer has

  /// inputs: one shape, or several for a layer that joins them.
  Blueprint(Layout& layout, std::vector<Shape> inputs, std::string layer_name, const LayerPlace& place)
      : layout_(layout), inputs_(std::move(inputs)), output_(inputs_.front()), layer_name_(std::move(layer_name)), place_(place) {}

  const Shape& input() const { return inputs_.front(); }
  const std::vector<Shape>& inputs() const { return inputs_; }
  Index channels() const { return input().channels(); }
  const std::string& layer_name() const { return layer_name_; }
  /// The place in the config selects streams of random numbers: it is the same for every normalization, `none` included.
  const LayerPlace& place() const { return place_; }

  /// Returns the momentum of the moving averages of a layer whose options give `own`.
  double momentum(double own) const { return place_.momentum.value_or(own); }

  ParamId param(std::string name, std::vector<Index> shape, Initializer initializer, Index fan_in = 1, Index fan_out = 1);
  StateId state(std::string name, std::vector<Index> shape, double initial);
  Index param_count() const { return layout_.param_count; }  // in the network so far
  /// Gives the role to the parameters that were declared since param_count() was `first`.
  void give_role(ParamRole role, Index first);
  CacheId per_example(Index numbers);
  CacheId per_call(Index numbers);
  void normalization(Normalization info);  // fills in layer, input and name
  /// Refuses an empty shape, and one of more than Shape::kMaxSize numbers.
  void set_output(std::vector<Index> dims);
  const Shape& output() const { return output_; }

  /// Throws Error(kUsage) "layer dense_2: WHAT; HINT" for an impossible shape or option.
  [[noreturn]] void refuse(const std::string& what, const std::string& hint = "") const;

 private:
  Layout& layout_;
  std::vector<Shape> inputs_;
  Shape output_;
  std::string layer_name_;
  LayerPlace place_;
  Index declared_ = 0;
};

}  // namespace normrun::nn
