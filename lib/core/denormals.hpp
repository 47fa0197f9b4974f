#pragma once

namespace normrun {

/// While it lives, the current thread takes denormal numbers as zero and returns zero for them (x86-64: FTZ and DAZ of MXCSR;
/// nothing elsewhere).  Adam's decaying moments are denormal soon, and each operation on such a number costs some 150 cycles.
/// Part of the results: whoever computes them holds one.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_ = 0;
};

}  // namespace normrun
