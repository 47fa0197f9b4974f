#pragma once

namespace normrun::diagnosis {

/// What counts as better: a gain of one of the two scores beyond its margin, the other one not much worse.
struct Margins {
  double accuracy = 0.01;
  double loss = 0.02;      // nats a row
  double variance = 0.02;  // share of the targets' variance, for squared errors
  double level = 0.002;    // of a finding's one-sided test
};

}  // namespace normrun::diagnosis
