#pragma once

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
/// A cache holds what forward leaves for backward: `per_example` numbers for every example, or `size` numbers a call.
struct CacheId {
  Index offset = 0;       // within the per-example or the per-call part
  Index per_example = 0;  // 0: a per-call cache
  Index size = 0;         // of a per-call cache
};

/// How a parameter starts.  Names and formulas of Keras 3 and PyTorch 2.
enum class Init {
  kZeros,
  kOnes,
  kConstant,
  kGlorotUniform,
  kGlorotNormal,
  kHeUniform,
  kHeNormal,
  kLecunUniform,
  kLecunNormal,  // Keras; normal ones truncated at 2 sd
  kRandomNormal,
  kRandomUniform,
  kOrthogonal,
  kKaimingUniform,
  kKaimingNormal,
  kXavierUniform,
  kXavierNormal,
  kTorchDefault,  // PyTorch; kTorchDefault: U(-1/sqrt(fan_in), +)
};
struct Initializer {
  Init kind = Init::kGlorotUniform;
  double a = 0.0;  // constant's value, normal's mean, uniform's low
  double b = 0.0;  // normal's sd, uniform's high
  struct Elements {
    Index begin = 0;
    Index end = 0;
  };
  Elements ones = {};  // these start at 1 whatever the kind: the bias of an LSTM's forget gate
};

/// What an optimizer has to know of a parameter.
enum class ParamRole {
  kWeight,         // a kernel or a bias
  kNormalization,  // gamma or beta
  kFrozen,         // stays as it is
};

struct ParamEntry {
  std::string layer;  // the layer's name
  std::string name;   // kernel, bias, gamma, beta, recurrent_kernel, …
  std::vector<Index> shape;
  ParamId id;
  Initializer initializer;
  Index fan_in = 1;
  Index fan_out = 1;
  Index place = 0;  // position of the layer * 64 + number of the parameter in it: the initialization stream
  ParamRole role = ParamRole::kWeight;
};
struct StateEntry {
  std::string layer;
  std::string name;  // moving_mean, moving_variance, updates, …
  std::vector<Index> shape;
  StateId id;
  double initial = 0.0;
};

/// What the tables need to know of a normalization layer.
struct Normalization {
  Index layer = 0;  // index into the network's built layers
  std::string name = "";
  std::string type = "";  // batch, layer, …
  Index features = 0;     // channels that are normalized; where each step has statistics of its own, of all steps
  Index steps = 1;        // with statistics of their own: features / steps channels each
  double epsilon = 0.0;
  double momentum = 0.0;  // weighs the old value
  Average average = Average::kExponential;
  MovingVariance variance_rule = MovingVariance::kBiased;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  std::optional<ParamId> gamma = std::nullopt;
  std::optional<ParamId> beta = std::nullopt;
  std::optional<StateId> moving_mean = std::nullopt;  // empty: no moving statistics
  std::optional<StateId> moving_variance = std::nullopt;
  std::optional<StateId> moving_deviation = std::nullopt;  // where it is what moves, and the variance follows from it
  std::optional<StateId> updates = std::nullopt;           // how often they moved, one number
};

/// What a network's buffers hold.
struct Layout {
  std::vector<ParamEntry> params;
  std::vector<StateEntry> states;
  std::vector<Normalization> normalizations;
  Index param_count = 0;
  Index state_count = 0;
  Index cache_per_example = 0;
  Index cache_fixed = 0;
};

/// Given to a layer's constructor: it learns its input shape, declares what it needs and sets its output shape.
class Blueprint {
 public:
  static constexpr Index kMaxParams = Index{1} << 31;  // of a network
  static constexpr Index kParamsPerPlace = 64;         // the places a layer has in the initialization stream

  /// layer: index among the built layers; position: place in the config's list of layers.
  Blueprint(Layout& layout, Shape input, std::string layer_name, Index layer, Index position)
      : layout_(layout),
        input_(std::move(input)),
        output_(input_),
        layer_name_(std::move(layer_name)),
        layer_(layer),
        position_(position) {}

  const Shape& input() const { return input_; }
  Index channels() const { return input_.channels(); }
  /// Streams of random numbers go by the place in the config: the same for every normalization, `none` included.
  Index position() const { return position_; }

  ParamId param(std::string name, std::vector<Index> shape, Initializer initializer, Index fan_in = 1, Index fan_out = 1);
  StateId state(std::string name, std::vector<Index> shape, double initial);
  Index param_count() const { return layout_.param_count; }  // of the network so far
  /// To the parameters declared since param_count() was `first`.
  void give_role(ParamRole role, Index first);
  CacheId per_example(Index numbers);
  CacheId per_call(Index numbers);
  void normalization(Normalization info);  // layer and name are filled in here
  /// Refuses a shape of more than Shape::kMaxSize numbers.
  void set_output(std::vector<Index> dims);
  const Shape& output() const { return output_; }

  /// Throws Error(kUsage) "layer dense_2: WHAT; HINT": an impossible shape or option.
  [[noreturn]] void refuse(const std::string& what, const std::string& hint = "") const;

 private:
  Layout& layout_;
  Shape input_;
  Shape output_;
  std::string layer_name_;
  Index layer_;
  Index position_;
  Index declared_ = 0;
};

}  // namespace normrun::nn
