#pragma once

#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::data {

/// What `describe` and `inspect` show of a column of a data file.
struct ColumnProfile {
  Index place = 0;
  std::string name;  // "" if the file gives no name
  std::string kind;  // "number", "words", "dates", "index", …
  Index missing = 0;
  std::string detail;  // the range of the numbers, the words with their counts, or what becomes of the column
};

}  // namespace normrun::data
