#include "commands.hpp"
#include "fmt/format.h"
#include "tables/record.hpp"

namespace normrun::app {

int predict_command(const PredictRequest& request) {
  std::string csv = "quantity,value,formula,source\n";
  std::string text;
  for (const study::Prediction& row : study::predict(request.input)) {
    csv += row.quantity + ',' + tables::shortest(row.value) + ',' + tables::csv_field(std::string_view(row.formula)) + ',' +
           tables::csv_field(std::string_view(row.source)) + '\n';
    text += fmt::format("{:<26} {:>10.4g}  {}\n{:<39}{}\n", row.quantity, row.value, row.formula, "", row.source);
  }
  print_result(request.json ? csv_to_json(csv) : text);
  return 0;
}

}  // namespace normrun::app
