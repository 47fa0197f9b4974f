#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::data {

class CsvText;

/// The place where a cell begins: the line, and the byte within the line, both counted from 1.
struct CsvPlace {
  Index line = 1;
  Index byte = 1;
};

struct CsvCell {
  std::string_view text;  // the cell without its quotes; valid until the next record is read
  CsvPlace place;
  bool is_quoted = false;
};

/// How a text is divided into records and cells.
struct CsvDialect {
  char delimiter = ',';  // ' ' means runs of spaces and tabs
  char decimal = '.';
  char thousands = '\0';                 // '\0' means that nothing separates them
  std::string comment;                   // lines that begin with this text are not records; "" means that there are no comments
  bool has_leading_comments = false;     // whether comments stand only before the first record
  Index skip_rows = 0;                   // how many lines before the first record are skipped
  bool has_cr_ends = false;              // whether lines end in CR alone
  bool has_trailing_delimiters = false;  // whether every record ends in a delimiter
};

/// Whether a text is the whole file or only its beginning.
enum class CsvExtent { kWhole, kBeginning };

/// Splits a text into records as RFC 4180 describes.  A quoted cell may hold line ends, and a quote inside it is doubled.  Lines end in LF
/// or CRLF.  Empty lines are not records.
class CsvScanner {
 public:
  /// `path` is the name for messages.  `rest` provides the text that follows `text`.
  CsvScanner(std::string path, std::string text, CsvText& rest, CsvDialect dialect);
  /// Scans `text` alone.  If `text` is only the beginning of a file, its last record may be cut off and is left out.
  CsvScanner(std::string path, std::string text, CsvExtent extent, CsvDialect dialect);

  /// Reads the next record into `cells`; returns false at the end.  Throws Error(kDamaged) with file, line and byte for a quote that is
  /// never closed, for a quote inside a cell without quotes, and for a NUL byte.
  bool next(std::vector<CsvCell>& cells);

 private:
  enum class Scan { kRecord, kEnd, kNeedMore };
  struct Mark {
    std::size_t position;
    std::size_t line_begin;
    Index line;
  };
  Scan scan_record(std::vector<CsvCell>& cells);
  Scan skip_to_record();
  bool scan_cell(std::vector<CsvCell>& cells, Scan& state);
  bool skip_to_quote();
  bool scan_quoted(CsvCell& cell);
  void skip_blanks();
  bool skip_line_end();
  bool skip_line();
  bool refill(const Mark& record);
  void unquote(std::vector<CsvCell>& cells);
  bool at_end() const { return position_ >= text_.size(); }
  CsvPlace place() const { return {line_, static_cast<Index>(position_ - line_begin_) + 1}; }
  [[noreturn]] void damaged(CsvPlace place, const std::string& what, const std::string& hint) const;

  std::string path_;
  std::string text_;
  CsvText* rest_ = nullptr;
  CsvDialect dialect_;
  std::array<bool, 256> is_special_{};  // characters that end or break a cell without quotes
  std::vector<std::size_t> doubled_;    // the cells of the record that contain doubled quotes
  std::size_t position_ = 0;
  // Where the current line begins in text_.  If that part has been dropped from text_, the number is negative modulo 2^64; the difference
  // in place() is still right.
  std::size_t line_begin_ = 0;
  Index line_ = 1;
  Index to_skip_ = 0;
  bool is_whole_ = false;  // the file has no more text than text_ holds
  bool has_records_ = false;
};

}  // namespace normrun::data
