#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/shape.hpp"
#include "nn/averages.hpp"

namespace normrun::nn {

/// The place of a parameter, a moving statistic or a cache in its flat buffer.
struct ParamId {
  Index offset = 0;
  Index size = 0;
};
struct StateId {
  Index offset = 0;
  Index size = 0;
};
/// A cache holds the numbers that forward leaves for backward: either `per_example` numbers for every example, or `size` numbers for a
/// call.
struct CacheId {
  Index offset = 0;       // in the memory for examples, or in the memory for calls
  Index per_example = 0;  // 0 if the cache is for calls
  Index size = 0;         // 0 if the cache is for examples
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
  kLecunNormal,  // Keras truncates its normal distributions at 2 standard deviations
  kRandomNormal,
  kRandomUniform,
  kOrthogonal,
  kKaimingUniform,
  kKaimingNormal,
  kXavierUniform,
  kXavierNormal,
  kTorchDefault,  // U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as PyTorch initializes its own layers
};
struct Initializer {
  Init kind = Init::kGlorotUniform;
  double a = 0.0;  // the value of a constant; the mean of a normal distribution; the lower bound of a uniform one
  double b = 0.0;  // the standard deviation of a normal distribution; the upper bound of a uniform one
  struct Elements {
    Index begin = 0;
    Index end = 0;
  };
  Elements ones = {};  // elements that start at 1, whatever `kind` says, as those in the bias of an LSTM's forget gate do
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
  Index place = 0;           // selects its random stream: the position of the layer * 64 + the number of the parameter in the layer
  std::uint64_t branch = 0;  // the branch of the layer (LayerPlace::branch)
  ParamRole role = ParamRole::kWeight;
};
struct StateEntry {
  std::string layer;
  std::string name;  // moving_mean, moving_variance, updates, …
  std::vector<Index> shape;
  StateId id;
  double initial = 0.0;
};

/// Where a layer keeps what a normalization inside it read: rows of Normalization::features / steps numbers, one for each example of a
/// step, the last step first.  A pass runs the steps of its longest sequence.
struct KeptSteps {
  CacheId cache;
  Index time = 0;  // the most steps
};

/// What the tables, the budget and the estimators need to know of a normalization layer, or of a normalization inside another layer.
struct Normalization {
  Index layer = 0;        // the index among the network's built layers
  Index input = 0;        // the boundary that the layer reads
  std::string name = "";  // the layer's name; a normalization inside a layer adds its own name behind it
  std::string type = "";  // batch, layer, …
  Index features = 0;     // how many channels are normalized; each step of a sequence counts its own if steps have statistics of their own
  Index steps = 1;        // how many steps have statistics of their own, for features / steps channels each
  std::optional<KeptSteps> kept = std::nullopt;  // set if the normalization is inside a layer and reads no boundary
  double epsilon = 0.0;
  double momentum = 0.0;  // the weight of the old value
  Average average = Average::kExponential;
  MovingVariance variance_rule = MovingVariance::kBiased;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  Index ghost_batch_size = 0;  // the most examples that share batch statistics; 0: all examples of a pass
  std::optional<ParamId> gamma = std::nullopt;
  std::optional<ParamId> beta = std::nullopt;
  std::optional<StateId> moving_mean = std::nullopt;  // empty if the layer has no moving statistics
  std::optional<StateId> moving_variance = std::nullopt;
  std::optional<StateId> moving_deviation = std::nullopt;  // set if the deviation moves, from which the variance then follows
  std::optional<StateId> updates = std::nullopt;           // how often the statistics moved: one number
};

/// The plan of a network's flat buffers: what lies in each, and how long it is.
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
  Index layer = 0;                                // its index among the built layers
  Index input = 0;                                // the boundary that it reads, or the first of several
  Index position = 0;                             // its place in its list of layers, in which `none` has a place, too
  std::uint64_t branch = 0;                       // the list of layers that it is in (branch_of); 0: the network's own list
  std::optional<double> momentum = std::nullopt;  // replaces the layer's own momentum; it weighs the old value
};

/// What a layer's constructor works with: it reads its input shape here, declares its parameters, statistics and caches, and sets its
/// output shape.
class Blueprint {
 public:
  static constexpr Index kMaxParams = Index{1} << 31;  // the most parameters of a network
  static constexpr Index kParamsPerPlace = 64;         // how many random streams for initialization a layer has

  /// inputs: one shape, or several if the layer joins them.
  Blueprint(Layout& layout, std::vector<Shape> inputs, std::string layer_name, const LayerPlace& place)
      : layout_(layout), inputs_(std::move(inputs)), output_(inputs_.front()), layer_name_(std::move(layer_name)), place_(place) {}

  const Shape& input() const { return inputs_.front(); }
  const std::vector<Shape>& inputs() const { return inputs_; }
  Index channels() const { return input().channels(); }
  const std::string& layer_name() const { return layer_name_; }
  /// Where the layer stands.  The place selects streams of random numbers, so it is the same for every normalization, `none` included.
  const LayerPlace& place() const { return place_; }

  /// Returns the momentum of a layer whose options give `own`: that of the place, if it has one.
  double momentum(double own) const { return place_.momentum.value_or(own); }

  ParamId param(std::string name, std::vector<Index> shape, Initializer initializer, Index fan_in = 1, Index fan_out = 1);
  StateId state(std::string name, std::vector<Index> shape, double initial);
  Index param_count() const { return layout_.param_count; }  // of all layers so far
  /// Gives the role to every parameter that the layout got when it had `first` numbers or more.
  void give_role(ParamRole role, Index first);
  CacheId per_example(Index numbers);
  CacheId per_call(Index numbers);
  void normalization(Normalization info);  // the blueprint fills in layer and input, and completes the name
  /// Throws Error(kUsage) for a shape without numbers or with more than Shape::kMaxSize numbers.
  void set_output(std::vector<Index> dims);
  const Shape& output() const { return output_; }

  /// Throws Error(kUsage) "layer dense_2: WHAT; HINT".
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
