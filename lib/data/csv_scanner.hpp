#pragma once

#include <string>
#include <string_view>

#include "core/matrix.hpp"

namespace normrun::data {

/// Where a cell begins: line and byte of the line, from 1.
struct CsvPlace {
  Index line = 1;
  Index byte = 1;
};

struct CsvCell {
  std::string_view text;  // without its quotes; valid until the next cell is read
  CsvPlace place;
  bool is_quoted = false;
  bool ends_record = false;
};

/// Splits a text into cells by RFC 4180: commas, quotes doubled inside quoted cells, which may hold line ends; LF or CRLF; a
/// byte order mark is skipped.  Empty lines are no records.
class CsvScanner {
 public:
  /// `path` is for messages; `text` outlives the scanner.
  CsvScanner(std::string path, std::string_view text);

  /// Whether another record follows; skips empty lines.
  bool has_record();
  /// The next cell.  Throws Error(kDamaged) with file, line and byte for a quote that is never closed or stands amid a cell.
  CsvCell next();

 private:
  std::string_view quoted(CsvPlace begin);
  bool skip_line_end();
  bool at_end() const { return position_ >= text_.size(); }
  CsvPlace place() const { return {line_, static_cast<Index>(position_ - line_begin_) + 1}; }
  [[noreturn]] void damaged(CsvPlace place, const std::string& what, const std::string& hint) const;

  std::string path_;
  std::string_view text_;
  std::string unquoted_;  // the last quoted cell that had quotes in it
  std::size_t position_ = 0;
  std::size_t line_begin_ = 0;
  Index line_ = 1;
};

}  // namespace normrun::data
