#include "data/csv_scanner.hpp"

#include <utility>

#include "core/error.hpp"

namespace normrun::data {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvScanner::CsvScanner(std::string path, std::string_view text) : path_(std::move(path)), text_(text) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

bool CsvScanner::skip_line_end() {
  const std::string_view rest = text_.substr(position_);
  const std::size_t width = rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
  if (width == 0) return false;
  position_ += width;
  line_begin_ = position_;
  ++line_;
  return true;
}

bool CsvScanner::has_record() {
  while (skip_line_end()) {
  }
  return !at_end();
}

CsvCell CsvScanner::next() {
  CsvCell cell;
  cell.place = place();
  cell.is_quoted = !at_end() && text_[position_] == '"';
  if (cell.is_quoted) {
    cell.text = quoted(cell.place);
  } else {
    const std::size_t begin = position_;
    while (!at_end() && text_[position_] != ',' && text_[position_] != '\n') {
      if (text_[position_] == '"') damaged(place(), "a quote amid a cell", "quote the whole cell and double the quotes in it");
      ++position_;
    }
    const bool is_crlf = !at_end() && text_[position_] == '\n' && position_ > begin && text_[position_ - 1] == '\r';
    if (is_crlf) --position_;
    cell.text = text_.substr(begin, position_ - begin);
  }
  if (!at_end() && text_[position_] == ',') {
    ++position_;
    return cell;
  }
  cell.ends_record = true;
  if (!skip_line_end() && !at_end())
    damaged(place(), "a quoted cell goes on after its closing quote", "double the quotes inside a quoted cell");
  return cell;
}

std::string_view CsvScanner::quoted(CsvPlace begin) {
  ++position_;
  std::size_t piece = position_;
  bool has_quotes = false;
  unquoted_.clear();
  for (;; ++position_) {
    if (at_end()) damaged(begin, "the quote that opens here is never closed", "close it, or double a quote that belongs to the text");
    if (text_[position_] == '\n') {
      line_begin_ = position_ + 1;
      ++line_;
    }
    if (text_[position_] != '"') continue;
    const bool is_doubled = position_ + 1 < text_.size() && text_[position_ + 1] == '"';
    if (!is_doubled) break;
    has_quotes = true;
    unquoted_.append(text_.substr(piece, position_ + 1 - piece));
    piece = position_ + 2;
    ++position_;
  }
  const std::string_view last = text_.substr(piece, position_ - piece);
  ++position_;
  if (!has_quotes) return last;
  unquoted_.append(last);
  return unquoted_;
}

void CsvScanner::damaged(CsvPlace place, const std::string& what, const std::string& hint) const {
  throw Error(ExitCode::kDamaged, {path_ + ':' + std::to_string(place.line) + ':' + std::to_string(place.byte), what, hint});
}

}  // namespace normrun::data
