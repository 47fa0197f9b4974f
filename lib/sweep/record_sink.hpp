#pragma once

#include "tables/record.hpp"

namespace normrun::sweep {

/// Takes the records of finished runs; for `normrun train` this is the Journal.  Callers make one call at a time.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void add(const tables::RunRecord& record) = 0;
};

}  // namespace normrun::sweep
