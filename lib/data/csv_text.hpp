#pragma once

#include <string>
#include <string_view>

#include "data/csv_options.hpp"
#include "files/input_file.hpp"

namespace normrun::data {

/// The text of a CSV file as UTF-8, a piece at a time: a table may be larger than the memory.
/// Without a mark and unless the options say so, bytes pass as they are; cell_text() then sees to those that are no UTF-8.
class CsvText {
 public:
  /// Throws Error: kUsage where there is no such file, kDamaged where it is of another format.
  CsvText(const std::string& path, CsvEncoding encoding);

  const std::string& path() const { return file_.path(); }
  /// Appends a piece to `text`; false at the end of the file.
  bool read_more(std::string& text);

 private:
  enum class Code { kBytes, kLatin1, kUtf16Little, kUtf16Big };
  void append_utf16(std::string_view bytes, std::string& text);

  files::InputFile file_;
  Code code_ = Code::kBytes;
  std::string start_;  // what was read to tell the format
  std::string odd_;    // bytes of UTF-16 that wait for their other half
};

/// Latin-1 as UTF-8.
std::string latin1_to_utf8(std::string_view bytes);
/// A name or a word: as it is where it is UTF-8, else read as Latin-1, and then `is_latin1` becomes true.
std::string cell_text(std::string_view bytes, bool& is_latin1);

}  // namespace normrun::data
