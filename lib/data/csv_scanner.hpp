#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::data {

class CsvText;

/// Where a cell begins: line and byte of the line, from 1.
struct CsvPlace {
  Index line = 1;
  Index byte = 1;
};

struct CsvCell {
  std::string_view text;  // without its quotes; valid until the next record is read
  CsvPlace place;
  bool is_quoted = false;
};

/// How a text is divided into records and cells.
struct CsvDialect {
  char delimiter = ',';  // ' ': runs of spaces and tabs
  char decimal = '.';
  char thousands = '\0';                 // '\0': none
  std::string comment;                   // lines that begin with it are no records; "": there are none
  bool has_leading_comments = false;     // comments stand before the first record only
  Index skip_rows = 0;                   // lines before the first record
  bool has_cr_ends = false;              // lines end in CR alone
  bool has_trailing_delimiters = false;  // every record ends in a delimiter
};

/// Whether a text is all there is.
enum class CsvExtent { kWhole, kBeginning };

/// Splits a text into records by RFC 4180: quotes are doubled inside quoted cells, which may hold line ends; LF or CRLF.  Empty
/// lines are no records.
class CsvScanner {
 public:
  /// `path` is for messages; `rest` reads on where `text` ends.
  CsvScanner(std::string path, std::string text, CsvText& rest, CsvDialect dialect);
  /// Scans `text` alone.  Of a beginning the last record, which may be cut off, is left out.
  CsvScanner(std::string path, std::string text, CsvExtent extent, CsvDialect dialect);

  /// The cells of the next record; false at the end.  Throws Error(kDamaged) with file, line and byte for a quote that is
  /// never closed or stands amid a cell, and for a NUL byte.
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
  std::array<bool, 256> is_special_{};  // what ends or breaks a cell without quotes
  std::vector<std::size_t> doubled_;    // of the record's cells, those with doubled quotes in them
  std::size_t position_ = 0;
  std::size_t line_begin_ = 0;  // may lie before the text: wraps around
  Index line_ = 1;
  Index to_skip_ = 0;
  bool is_whole_ = false;  // nothing follows what is in text_
  bool has_records_ = false;
};

}  // namespace normrun::data
