#include "study/audit.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace normrun;

namespace {

study::AuditedNorm sound(const std::string& layer) {
  return {.layer = layer,
          .mean = {0.1, -0.2, 0.3},
          .variance = {0.5, 1.5, 2.5},
          .gamma = {1.0, 0.9, 1.1},
          .epsilon = 1e-5,
          .momentum = 0.9,
          .updates = 100.0};
}

/// The kinds of what is found, each with its layer.
std::vector<std::string> kinds(const std::vector<study::AuditedNorm>& norms) {
  std::vector<std::string> found;
  for (const study::AuditFinding& one : study::audit(norms)) found.push_back(one.layer + ":" + one.kind);
  return found;
}

/// What is found in a network of three layers if the second one is changed.
template <class Change>
std::vector<std::string> kinds_after(const Change& change) {
  std::vector<study::AuditedNorm> norms = {sound("a"), sound("b"), sound("c")};
  change(norms[1]);
  return kinds(norms);
}

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("sound normalizations have no finding") {
  CHECK(kinds({sound("a"), sound("b"), sound("c")}).empty());
  CHECK(kinds({{.layer = "only numbers", .mean = {1.0}, .variance = {2.0}}}).empty());
}

TEST_CASE("numbers that no training gives are found") {
  CHECK(kinds_after([](auto& norm) { norm.mean[1] = std::numeric_limits<double>::quiet_NaN(); }) == Kinds{"b:not-finite"});
  CHECK(kinds_after([](auto& norm) { norm.variance[0] = 0.0; }) == Kinds{"b:zero-variance"});
  CHECK(kinds_after([](auto& norm) { norm.variance[0] = -1.0; }) == Kinds{"b:negative-variance"});
  CHECK(kinds_after([](auto& norm) { norm.gamma[2] = 0.0; }) == Kinds{"b:dead-channels"});
  CHECK(kinds_after([](auto& norm) {
          norm.mean = {0.0, 0.0, 0.0};
          norm.variance = {1.0, 1.0, 1.0};
        }) == Kinds{"b:initial-statistics"});
  CHECK(kinds_after([](auto& norm) {
          norm.mean = {0.5, 0.5, 0.5};
          norm.variance = {2.0, 2.0, 2.0};
        }) == Kinds{"b:constant-statistics"});
  CHECK(kinds_after([](auto& norm) {
          for (double& variance : norm.variance) variance *= 1e5;
        }) == Kinds{"b:other-scale"});
}

TEST_CASE("options that no framework has, and options of one layer alone, are found") {
  CHECK(kinds_after([](auto& norm) { norm.epsilon = 1e-3; }) == Kinds{"b:epsilon"});
  CHECK(kinds_after([](auto& norm) { norm.momentum = 0.99; }) == Kinds{"b:momentum"});
  study::AuditedNorm far = sound("a");
  far.epsilon = 0.1;
  far.momentum = 0.01;
  CHECK(kinds({far}) == Kinds{"a:epsilon", "a:momentum"});
}

TEST_CASE("layers that normalize by the batch, and statistics that never moved, are found") {
  CHECK(kinds_after([](auto& norm) { norm.uses_batch = true; }) == Kinds{"b:train-mode"});
  CHECK(kinds_after([](auto& norm) { norm.is_tracked = false; }) == Kinds{"b:untracked"});
  CHECK(kinds_after([](auto& norm) { norm.updates = 0.0; }) == Kinds{"b:no-updates"});
}
