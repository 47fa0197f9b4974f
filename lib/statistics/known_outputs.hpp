#pragma once

#include <list>
#include <span>
#include <utility>
#include <vector>

#include "core/mode.hpp"
#include "data/dataset.hpp"

namespace normrun::statistics {

/// Remembers the outputs of passes over the splits of a dataset with one network and its trained parameters, for as long as the object
/// lives, on the thread that made it.  A diagnosis asks for the same passes at several places: this computes each of them once.
/// run_forward() and run_every_row() look here first.
template <class T>
class KnownOutputs {
 public:
  /// The network and its parameters must outlive this object and must not change.
  KnownOutputs(const void* network, std::span<const T> params);
  ~KnownOutputs();
  KnownOutputs(const KnownOutputs&) = delete;
  KnownOutputs& operator=(const KnownOutputs&) = delete;

  /// Passes over this split are remembered, too.  Two splits with the same features may have the same number.
  void add(const data::Split<T>& split, Index number) { splits_.emplace_back(&split, number); }
  /// The object of this thread, or null if there is none.
  static KnownOutputs* current();

  /// A pass: batches of `batch_size` rows of `order` if its mode depends on them, else 0 and nothing.
  struct Pass {
    const void* network;
    std::span<const T> params;
    std::span<const T> state;
    Mode mode;
    const data::Split<T>* split;
    Index boundary;
    Index batch_size;
    std::span<const Index> order;
  };
  /// The outputs of the rows of a split, and which of them are known: (samples, size of the boundary).
  struct Outputs {
    Matrix<T> values;
    std::vector<bool> has;
  };
  /// Returns the place for the outputs of a pass, or null if this object does not remember such passes.
  Outputs* find(const Pass& pass, Index size);

 private:
  struct Entry {
    Index split;
    std::vector<T> state;
    Mode mode;
    Index boundary;
    Index batch_size;
    std::vector<Index> order;
    Outputs outputs;
  };
  const void* network_;
  std::span<const T> params_;
  KnownOutputs* before_;
  std::vector<std::pair<const data::Split<T>*, Index>> splits_;
  std::list<Entry> entries_;
};

}  // namespace normrun::statistics
