#include "fmt/format.h"
#include "study/experiment.hpp"

namespace normrun {

void check_fit(const Network<float>& network, const RunConfig& config, Index classes, Index outputs) {
  const Index width = network.output().size();
  const LossKind loss = resolve_loss(config.train.loss, classes, width);
  check_loss_fits(loss, width, classes, outputs);
  check_division(config.train);
}

}  // namespace normrun
