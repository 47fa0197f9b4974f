#include "report/html/figure.hpp"

#include "fmt/format.h"
#include "study/record.hpp"

namespace normrun {
namespace {

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i > 0 ? "," : "") + csv_field(fields[i]);
  return line + '\n';
}

}  // namespace

std::string DataTable::csv() const {
  std::string text = csv_line(header);
  for (const auto& row : rows) text += csv_line(row);
  return text;
}

std::string left_out(std::size_t drawn, std::size_t all, const std::string& what) {
  return drawn < all ? fmt::format(" {} of {} {} are drawn; the tables have all of them.", drawn, all, what) : "";
}

}  // namespace normrun
