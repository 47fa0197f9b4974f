#include "train/optimizers/convention_spec.hpp"

namespace normrun::train {

void ConventionSpec::describe(config::OptionVisitor& visitor) {
  visitor.choice({"convention",
                  "the framework that decides the form of the update, and the defaults of the options that are not given; "
                  "they differ in epsilon's place, in momentum under a changing learning rate and in weight decay"},
                 convention_, {{"keras", Convention::kKeras}, {"torch", Convention::kTorch}}, {{"pytorch", "torch"}});
  if (visitor.given("convention")) preset(convention_);
  visitor.number({"learning_rate", "before learning_rate_scaling"}, learning_rate, config::at_least(0.0));
  describe_own(visitor);
  visitor.number({"weight_decay",
                  "keras: w -= learning_rate * weight_decay * w before the update (decoupled); torch: weight_decay * w is added to the "
                  "gradient, but adamw decays as keras does.  All trained parameters decay, as in both frameworks: kernels, biases, and "
                  "gamma and beta unless decay_normalization is "
                  "false"},
                 weight_decay, config::at_least(0.0));
  visitor.flag({"decay_normalization",
                "whether gamma and beta of normalization layers decay too, as they do in Keras and PyTorch; false: as with Keras's "
                "exclude_from_weight_decay, or a PyTorch parameter group of their own"},
               decay_normalization);
}

}  // namespace normrun::train
