#include "data/dataset.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "core/error.hpp"

namespace normrun::data {

std::string_view split_text(SplitName split) {
  switch (split) {
    case SplitName::kTrain:
      return "train";
    case SplitName::kValidation:
      return "validation";
    case SplitName::kTest:
      return "test";
  }
  return "";
}

SplitName split_of(std::string_view text) {
  return *std::find_if(std::begin(kSplits), std::end(kSplits), [&](SplitName split) { return split_text(split) == text; });
}

template <class T>
Matrix<T> allocate_rows(Index rows, Index cols) {
  Index numbers = 0;
  Index bytes = 0;
  const bool countable = checked_product(rows, cols, numbers) && checked_product(numbers, Index{sizeof(T)}, bytes);
  // Without this check the system would promise more memory than the machine has, and would kill the process while it fills the rows.
  const Index machine = static_cast<Index>(sysconf(_SC_PHYS_PAGES)) * static_cast<Index>(sysconf(_SC_PAGESIZE));
  if (!countable || bytes > machine) {
    throw Error(ExitCode::kOutOfMemory, {"data",
                                         std::to_string(rows) + " rows of " + std::to_string(cols) +
                                             " numbers do not fit into this machine's " + std::to_string(machine >> 20) + " MiB of memory",
                                         "set data.limit, or ask for fewer samples or features"});
  }
  return Matrix<T>(rows, cols);
}

template Matrix<float> allocate_rows<float>(Index, Index);
template Matrix<double> allocate_rows<double>(Index, Index);

}  // namespace normrun::data
