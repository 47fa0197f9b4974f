#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace normrun {

/// The exit codes of the program.  docs/reference.md documents each code for users.
enum class ExitCode : int {
  kDone = 0,
  kFailure = 1,       // a failure that nobody expected
  kUsage = 2,         // wrong usage or config, a missing config or data file
  kRunsFailed = 3,    // some runs failed or diverged, the others are complete
  kClaimDiffers = 4,  // a claim came out differently from what the config expects
  kDamaged = 65,      // a data file, checkpoint or journal is damaged or of another format
  kRunsMissing = 66,  // merge found that some runs are missing
  kOutOfMemory = 71,
  kCannotCreate = 73,  // the output cannot be created
  kWriteFailed = 74,
  kLocked = 75,  // another process is using the output
  kInterrupted = 130,
  kTerminated = 143,
};

/// One thing that is wrong, and what to do about it.  The program prints it as `normrun: error: WHERE: what; hint`.
struct Problem {
  std::string where;  // such as "config.json:3:14 /train/batch_size", "data.csv:7:2" or "run batch-b4-s0 step 12 layer dense_0"
  std::string what;
  std::string hint;  // may be empty
};

/// Writes "WHERE: what; hint", and leaves out what is empty.
std::string to_line(const Problem& problem);

/// The library's only exception.  The library itself never prints, logs or exits, and never catches an error to hide it.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, Problem problem);
  /// Reports all problems of a config at once.  `problems` must not be empty.
  Error(ExitCode code, std::vector<Problem> problems);

  ExitCode code() const { return code_; }
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  ExitCode code_;
  std::vector<Problem> problems_;
};

/// Throws Error(kUsage) with one problem.
[[noreturn]] void refuse_usage(std::string where, std::string what, std::string hint = "");

}  // namespace normrun
