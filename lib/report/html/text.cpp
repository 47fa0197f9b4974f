#include "report/html/text.hpp"

#include <cmath>

#include "fmt/format.h"

namespace normrun {

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

std::string shown(double value) {
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  return size >= 1000.0 && size < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string percent(double share) {
  const double value = 100.0 * share;
  if (value == 0.0) return "0";
  return std::abs(value) >= 9.95 ? fmt::format("{:.0f} %", value) : fmt::format("{:.2g} %", value);
}

std::string shortened(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U) continue;  // inside a character of UTF-8
    if (++characters == limit) end = i;
  }
  return characters <= limit ? std::string(text) : std::string(text.substr(0, end)) + "…";
}

std::string data_link(std::string_view csv) {
  std::string link = "data:text/csv;charset=utf-8,";
  for (const char c : csv) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ',' || c == '-' || c == '_';
    link += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return link;
}

std::string spoken_norm(const std::string& norm) {
  if (norm == "none") return "no normalization";
  if (norm == "batch" || norm == "layer" || norm == "group" || norm == "instance" || norm == "rms") return norm + " norm";
  return norm;
}

}  // namespace normrun
