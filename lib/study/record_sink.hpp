#pragma once

#include "study/record.hpp"

namespace normrun {

/// Where finished records go; one call at a time.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void add(const RunRecord& record) = 0;
};

}  // namespace normrun
