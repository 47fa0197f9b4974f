#include "report/draw/text.hpp"

#include "fmt/format.h"

namespace normrun::report {

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default: {
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        result += control ? "\xEF\xBF\xBD" : std::string(1, c);
      }
    }
  }
  return result;
}

std::string data_link(std::string_view type, std::string_view content) {
  std::string link = fmt::format("data:{};charset=utf-8,", type);
  for (const char c : content) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(" .,-_:;{}[]()=*+/!@$|~^?\\\"").find(c) != std::string_view::npos;
    link += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return link;
}

}  // namespace normrun::report
