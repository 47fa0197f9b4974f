// gaussian and uniform: independent random numbers with a target to learn. tabular_sampler.hpp says how each target is made.
#include "data/generated.hpp"
#include "data/sources/members.hpp"
#include "data/sources/tabular_sampler.hpp"

namespace normrun::data::sources {
namespace {

/// Sets the defaults that depend on the target.  The defaults for prototypes give the data of *Why does batch normalization in TensorFlow
/// 2.0 worsen prediction results?* (article 002).
void preset(TabularOptions& options, config::OptionVisitor& visitor) {
  const auto set = [&visitor](std::string_view name, auto& value, auto preset_value) {
    if (!visitor.given(name)) value = preset_value;
  };
  set("clip", options.clip, std::vector<double>{});
  switch (options.target) {
    case TargetKind::kLinear:
      set("noise", options.noise, 0.1);
      break;
    case TargetKind::kClusters:
      set("noise", options.noise, 1.0);
      break;
    case TargetKind::kPrototypes:
      set("noise", options.noise, 0.5);
      set("clip", options.clip, std::vector<double>{0.0, 1.0});
      break;
    case TargetKind::kZeros:
    case TargetKind::kTeacher:
    case TargetKind::kRandomLabels:
      set("noise", options.noise, 0.0);
      break;
  }
}

class Tabular final : public SourceOf<Tabular> {
 public:
  explicit Tabular(Distribution distribution) { options_.distribution = distribution; }

  template <class T>
  Loaded<T> rows(std::uint64_t seed, const std::string& /*folder*/) const {
    return draw<T>(TabularSampler(options_, seed), generator_, preparation, seed);
  }
  bool depends_on_seed() const override { return true; }
  Outline outline(const std::string& /*folder*/) const override {
    const bool regression = options_.target == TargetKind::kLinear || options_.target == TargetKind::kTeacher;
    return outline_of(options_.example_shape(), options_.has_classes() ? options_.classes : 0, regression ? options_.outputs : 0,
                      generator_, preparation);
  }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    generator_.describe(visitor);
    describe_shape(visitor);
    describe_distribution(visitor);
    describe_target(visitor);
    visitor.numbers({"clip", "[low, high]: inputs outside are moved to the nearer end; default none, for prototypes [0, 1]"}, options_.clip,
                    config::any_number());
    const std::vector<double>& clip = options_.clip;
    visitor.require(clip.empty() || (clip.size() == 2 && clip[0] < clip[1]), "clip", "two numbers, the lower one first");
  }

 private:
  void describe_shape(config::OptionVisitor& visitor) {
    visitor.integer({"features", "numbers in a row"}, options_.features, {.low = 1, .high = Shape::kMaxSize});
    visitor.integers({"shape", "the shape of an example, instead of features; channels last: [28, 28, 3]"}, options_.shape,
                     {.low = 1, .high = Shape::kMaxSize});
    if (options_.shape.empty()) return;
    Index size = 1;
    for (const Index dim : options_.shape) {
      const bool fits = checked_product(size, dim, size) && size <= Shape::kMaxSize;
      visitor.require(fits, "shape", "at most 2^31 numbers in an example");
      if (!fits) return;
    }
    visitor.require(!visitor.given("features") || options_.features == size, "features",
                    "the product of the shape's dimensions (or leave out one of the two)");
    options_.features = size;
  }

  void describe_distribution(config::OptionVisitor& visitor) {
    if (options_.distribution == Distribution::kGaussian) {
      visitor.number({"mean", "mean of each input"}, options_.mean, config::any_number());
      visitor.number({"sd", "standard deviation of each input"}, options_.sd, config::at_least(0.0));
    } else {
      visitor.number({"low", "inputs are drawn from [low, high]"}, options_.low, config::any_number());
      visitor.number({"high", "the upper end of that range"}, options_.high, config::any_number());
      visitor.require(options_.low < options_.high, "high", "a number above low");
    }
  }

  void describe_target(config::OptionVisitor& visitor) {
    visitor.choice<TargetKind>(
        {"target",
         "zeros: 0; linear: w x; teacher: a random relu network; clusters: classes around random centres; prototypes: "
         "classes of sparse patterns under noise; random-labels: labels that do not depend on the inputs"},
        options_.target,
        {{"zeros", TargetKind::kZeros},
         {"linear", TargetKind::kLinear},
         {"teacher", TargetKind::kTeacher},
         {"clusters", TargetKind::kClusters},
         {"prototypes", TargetKind::kPrototypes},
         {"random-labels", TargetKind::kRandomLabels}});
    if (visitor.given("target")) preset(options_, visitor);
    visitor.integer({"classes", "number of classes for clusters, prototypes and random-labels"}, options_.classes,
                    {.low = 2, .high = Index{1} << 20});
    visitor.integer({"outputs", "numbers to predict, for linear and teacher; zeros takes the network's width"}, options_.outputs,
                    {.low = 1, .high = TabularSampler::kMaxWidth});
    visitor.number(
        {"noise",
         "linear, teacher: sd of normal noise on the target (default 0.1 and 0); clusters, prototypes: what the random inputs are "
         "multiplied by before the class's pattern is added (default 1 and 0.5)"},
        options_.noise, config::at_least(0.0));
    visitor.integer({"teacher_units", "hidden units of the teacher"}, options_.teacher_units,
                    {.low = 1, .high = TabularSampler::kMaxWidth});
    visitor.number({"separation", "sd of the clusters' centres"}, options_.separation, config::at_least(0.0));
    visitor.number({"prototype_scale", "the greatest height of a prototype"}, options_.prototype_scale, config::any_number());
    visitor.number({"sparsity", "share of a prototype's inputs that are 0"}, options_.sparsity, config::between(0.0, 1.0));
  }

  GeneratorOptions generator_;
  TabularOptions options_;
};

}  // namespace

config::FamilyMember gaussian() {
  return {"gaussian", "independent normal inputs N(mean, sd^2), with one of several targets", "articles 000 to 003 (docs/documents.md)",
          [] { return std::make_shared<Tabular>(Distribution::kGaussian); }};
}

config::FamilyMember uniform() {
  return {"uniform", "independent uniform inputs in [low, high], with one of several targets",
          "\"What is causing the issues with my TensorFlow batch normalization?\" (article 001), example 3",
          [] { return std::make_shared<Tabular>(Distribution::kUniform); }};
}

}  // namespace normrun::data::sources
