#include "commands.hpp"
#include "fmt/format.h"
#include "study/record.hpp"

namespace normrun {

int predict_command(const PredictRequest& request) {
  std::string csv = "quantity,value,formula,source\n";
  std::string text;
  for (const Prediction& row : predict(request.input)) {
    csv += row.quantity + ',' + shortest(row.value) + ',' + csv_field(std::string_view(row.formula)) + ',' +
           csv_field(std::string_view(row.source)) + '\n';
    text += fmt::format("{:<26} {:>10.4g}  {}\n{:<39}{}\n", row.quantity, row.value, row.formula, "", row.source);
  }
  print_result(request.json ? csv_to_json(csv) : text);
  return 0;
}

}  // namespace normrun
