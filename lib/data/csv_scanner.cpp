#include "data/csv_scanner.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "data/csv_text.hpp"

namespace normrun::data {

CsvScanner::CsvScanner(std::string path, std::string text, CsvText& rest, CsvDialect dialect)
    : CsvScanner(std::move(path), std::move(text), CsvExtent::kBeginning, std::move(dialect)) {
  rest_ = &rest;
}

CsvScanner::CsvScanner(std::string path, std::string text, CsvExtent extent, CsvDialect dialect)
    : path_(std::move(path)),
      text_(std::move(text)),
      dialect_(std::move(dialect)),
      to_skip_(dialect_.skip_rows),
      is_whole_(extent == CsvExtent::kWhole) {
  const auto set = [this](char c) { is_special_[static_cast<unsigned char>(c)] = true; };
  for (const char c : {'\n', '"', '\0'}) set(c);
  set(dialect_.delimiter);
  if (dialect_.delimiter == ' ') set('\t');
  if (dialect_.has_cr_ends) set('\r');
}

bool CsvScanner::next(std::vector<CsvCell>& cells) {
  for (;;) {
    const Mark record{position_, line_begin_, line_};
    const Index to_skip = to_skip_;
    cells.clear();
    doubled_.clear();
    switch (scan_record(cells)) {
      case Scan::kRecord:
        unquote(cells);
        has_records_ = true;
        return true;
      case Scan::kEnd:
        return false;
      case Scan::kNeedMore:
        to_skip_ = to_skip;
        if (!refill(record)) return false;
    }
  }
}

/// Returns to the beginning of the record and reads more text; returns false if there is no more.
bool CsvScanner::refill(const Mark& record) {
  position_ = record.position;
  line_begin_ = record.line_begin;
  line_ = record.line;
  if (rest_ == nullptr) return false;
  text_.erase(0, position_);
  line_begin_ -= position_;
  position_ = 0;
  // A record that is longer than the text is scanned again after each refill.  Doubling the text bounds that work.
  const std::size_t enough = 2 * text_.size();
  do {
    is_whole_ = !rest_->read_more(text_);
  } while (!is_whole_ && text_.size() < enough);
  return true;
}

bool CsvScanner::skip_line_end() {
  std::size_t width = 0;
  if (position_ < text_.size() && text_[position_] == '\n') width = 1;
  if (position_ < text_.size() && text_[position_] == '\r') {
    if (position_ + 1 < text_.size() && text_[position_ + 1] == '\n')
      width = 2;
    else if (dialect_.has_cr_ends)
      width = 1;
  }
  if (width == 0) return false;
  position_ += width;
  line_begin_ = position_;
  ++line_;
  return true;
}

/// Moves past the end of this line; returns false if the text ends before it.
bool CsvScanner::skip_line() {
  const std::size_t end = text_.find(dialect_.has_cr_ends ? '\r' : '\n', position_);
  if (end == std::string::npos) {
    position_ = text_.size();
    return false;
  }
  position_ = end + 1;
  line_begin_ = position_;
  ++line_;
  return true;
}

void CsvScanner::skip_blanks() {
  while (!at_end() && (text_[position_] == ' ' || text_[position_] == '\t')) ++position_;
}

/// Moves past comments, empty lines and the lines that skip_rows counts.
CsvScanner::Scan CsvScanner::skip_to_record() {
  const Scan out_of_text = is_whole_ ? Scan::kEnd : Scan::kNeedMore;
  for (;;) {
    if (to_skip_ > 0) {
      if (!skip_line()) return out_of_text;
      --to_skip_;
      continue;
    }
    while (skip_line_end()) {
    }
    if (dialect_.delimiter == ' ') skip_blanks();
    if (at_end()) return out_of_text;
    if (dialect_.delimiter == ' ' && (text_[position_] == '\n' || text_[position_] == '\r')) {
      if (!skip_line_end()) return out_of_text;
      continue;
    }
    if (text_[position_] == '\r' && position_ + 1 >= text_.size() && !is_whole_) return Scan::kNeedMore;
    const bool may_be_comment = !dialect_.comment.empty() && !(dialect_.has_leading_comments && has_records_);
    if (!may_be_comment) return Scan::kRecord;
    if (text_.size() - position_ < dialect_.comment.size() && !is_whole_) return Scan::kNeedMore;
    if (text_.compare(position_, dialect_.comment.size(), dialect_.comment) != 0) return Scan::kRecord;
    if (!skip_line()) return out_of_text;
  }
}

CsvScanner::Scan CsvScanner::scan_record(std::vector<CsvCell>& cells) {
  Scan state = skip_to_record();
  if (state != Scan::kRecord) return state;
  while (scan_cell(cells, state)) {
  }
  if (state == Scan::kRecord && dialect_.has_trailing_delimiters && cells.size() > 1 && !cells.back().is_quoted &&
      cells.back().text.empty())
    cells.pop_back();
  return state;
}

/// Scans one cell and the delimiter or line end after it.  Returns whether the record has another cell; returns false and sets `state` to
/// kNeedMore if the text ends too early to tell.
bool CsvScanner::scan_cell(std::vector<CsvCell>& cells, Scan& state) {
  CsvCell cell;
  if (!skip_to_quote()) {
    state = Scan::kNeedMore;
    return false;
  }
  cell.place = place();
  cell.is_quoted = !at_end() && text_[position_] == '"';
  if (cell.is_quoted) {
    if (!scan_quoted(cell)) {
      state = Scan::kNeedMore;
      return false;
    }
    if (!doubled_.empty() && doubled_.back() == std::string::npos) doubled_.back() = cells.size();
  } else {
    const std::size_t begin = position_;
    const char* const data = text_.data();
    const std::size_t size = text_.size();
    std::size_t at = begin;
    while (at < size && !is_special_[static_cast<unsigned char>(data[at])]) ++at;
    position_ = at;
    if (at == size && !is_whole_) {
      state = Scan::kNeedMore;
      return false;
    }
    if (at < size && data[at] == '"') damaged(place(), "a quote amid a cell", "quote the whole cell and double the quotes in it");
    if (at < size && data[at] == '\0')
      damaged(place(), "a NUL byte, which no text has", "write the file again as plain text, or set its \"encoding\"");
    if (at < size && data[at] == '\n' && at > begin && data[at - 1] == '\r') --position_;
    cell.text = std::string_view(data + begin, position_ - begin);
  }
  cells.push_back(cell);
  if (dialect_.delimiter == ' ') {
    const bool was_quoted = cell.is_quoted && !at_end() && text_[position_] != ' ' && text_[position_] != '\t' &&
                            text_[position_] != '\n' && text_[position_] != '\r';
    skip_blanks();
    if (at_end() && !is_whole_) {
      state = Scan::kNeedMore;
      return false;
    }
    if (!was_quoted && !at_end() && text_[position_] != '\n' && text_[position_] != '\r') return true;
  } else if (cell.is_quoted && dialect_.delimiter != '\t') {
    skip_blanks();  // a blank may stand before the delimiter: `"a" , "b"`
  }
  if (dialect_.delimiter != ' ' && !at_end() && text_[position_] == dialect_.delimiter) {
    ++position_;
    if (at_end() && !is_whole_) state = Scan::kNeedMore;
    return state == Scan::kRecord;
  }
  if (at_end()) {
    if (!is_whole_) state = Scan::kNeedMore;
    return false;
  }
  if (text_[position_] == '\r' && position_ + 1 == text_.size() && !is_whole_) {
    state = Scan::kNeedMore;
    return false;
  }
  if (!skip_line_end())
    damaged(place(), "a quoted cell goes on after its closing quote", "double the quotes inside a quoted cell, and check \"delimiter\"");
  return false;
}

/// Moves past blanks if a quote follows them, as in `"a", "b"`.  Returns false if the text ends too early to tell.
bool CsvScanner::skip_to_quote() {
  if (at_end() || text_[position_] != ' ') return true;
  const std::size_t next = text_.find_first_not_of(' ', position_);
  if (next == std::string::npos) return is_whole_;
  if (text_[next] == '"') position_ = next;
  return true;
}

/// Moves past the closing quote; returns false if the text ends before it.  Quotes that the file doubles stay doubled in `cell.text` until
/// the record is complete.
bool CsvScanner::scan_quoted(CsvCell& cell) {
  const std::size_t begin = ++position_;
  bool has_doubled = false;
  for (;; ++position_) {
    if (at_end()) {
      if (!is_whole_) return false;
      damaged(cell.place, "the quote that opens here is never closed", "close it, or double a quote that belongs to the text");
    }
    const char c = text_[position_];
    if (c == '\n' || (c == '\r' && dialect_.has_cr_ends)) {
      line_begin_ = position_ + 1;
      ++line_;
    }
    if (c == '\0') damaged(place(), "a NUL byte, which no text has", "write the file again as plain text, or set its \"encoding\"");
    if (c != '"') continue;
    if (position_ + 1 == text_.size() && !is_whole_) return false;
    if (position_ + 1 >= text_.size() || text_[position_ + 1] != '"') break;
    has_doubled = true;
    ++position_;
  }
  cell.text = std::string_view(text_.data() + begin, position_ - begin);
  if (has_doubled) doubled_.push_back(std::string::npos);
  ++position_;
  return true;
}

/// Removes the second one of doubled quotes in place.  That is safe because the record is complete and is never read again.
void CsvScanner::unquote(std::vector<CsvCell>& cells) {
  for (const std::size_t place_of_cell : doubled_) {
    CsvCell& cell = cells[place_of_cell];
    char* const begin = text_.data() + (cell.text.data() - text_.data());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < cell.text.size(); ++i) {
      begin[kept++] = begin[i];
      if (begin[i] == '"') ++i;
    }
    cell.text = std::string_view(begin, kept);
  }
}

void CsvScanner::damaged(CsvPlace place, const std::string& what, const std::string& hint) const {
  throw Error(ExitCode::kDamaged, {path_ + ':' + std::to_string(place.line) + ':' + std::to_string(place.byte), what, hint});
}

}  // namespace normrun::data
