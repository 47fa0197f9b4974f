#include "report/draw/figure.hpp"

#include "fmt/format.h"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) line += (i > 0 ? "," : "") + tables::csv_field(fields[i]);
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

}  // namespace normrun::report
