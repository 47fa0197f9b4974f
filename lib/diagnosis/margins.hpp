#pragma once

namespace normrun::diagnosis {

/// What counts as better: one of the two scores gains more than its margin, and the other does not get much worse.
struct Margins {
  double accuracy = 0.01;
  double loss = 0.02;      // in nats per row
  double variance = 0.02;  // for squared errors: a share of the targets' variance
  double level = 0.002;    // the level of a finding's one-sided test
};

}  // namespace normrun::diagnosis
