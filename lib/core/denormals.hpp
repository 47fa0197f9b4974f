#pragma once

namespace normrun {

/// Makes the current thread treat denormal numbers as zero for as long as this object lives (x86-64 sets FTZ and DAZ in MXCSR; other
/// processors change nothing).  Adam's decaying moments soon become denormal, and each operation on such a number costs about 150 cycles.
/// Flushing changes results, so every thread that computes results must hold such an object.
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
