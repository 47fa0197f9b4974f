#include "train/square_overflow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "fmt/format.h"

namespace normrun::train {
namespace {

constexpr const char* kCure = R"(scale the data ("scale", "standardize"), or use "precision": "float64")";

template <class T>
const char* precision_name() {
  return sizeof(T) == sizeof(float) ? "float32" : "float64";
}

/// Returns the first normalization with nothing but dropout between it and the network's input, or null if there is none.
template <class T>
const nn::Normalization* norm_of_the_data(const nn::Network<T>& network) {
  const auto& layers = network.layers();
  for (const nn::Normalization& norm : network.layout().normalizations) {
    if (norm.kept) continue;
    Index boundary = norm.input;
    const auto below = [&]() -> const nn::LayerInfo& { return layers[static_cast<std::size_t>(boundary - 1)]; };
    while (boundary > 0 && below().type == "dropout") boundary = below().inputs.front();
    if (boundary == 0) return &norm;
  }
  return nullptr;
}

}  // namespace

template <class T>
std::string square_overflow(ConstView<T> numbers) {
  T largest = 0;
  for (const T number : numbers) largest = std::isfinite(number) ? std::max(largest, std::abs(number)) : largest;
  const T most = std::sqrt(std::numeric_limits<T>::max() / static_cast<T>(std::max<Index>(numbers.size(), 1)));
  if (largest <= most) return "";
  return fmt::format("its inputs reach {:.3g}, whose squares overflow {}", static_cast<double>(largest), precision_name<T>());
}

template <class T>
void check_squares(const nn::Network<T>& network, const data::Dataset<T>& data) {
  const nn::Normalization* const norm = norm_of_the_data(network);
  if (norm == nullptr) return;
  const T most = std::sqrt(std::numeric_limits<T>::max());
  for (const data::SplitName name : {data::SplitName::kTrain, data::SplitName::kValidation, data::SplitName::kTest}) {
    const ConstView<T> rows = data.split(name).features.view();
    for (Index r = 0; r < rows.rows; ++r) {
      const T* const row = rows.row(r);
      const T* const found =
          std::find_if(row, row + rows.cols, [most](T number) { return std::isfinite(number) && std::abs(number) > most; });
      if (found == row + rows.cols) continue;
      refuse_usage(
          "layer " + norm->name,
          fmt::format("column {} of row {} of the {} split is {:.3g}, whose square overflows {}, so that this layer cannot normalize",
                      found - row, r, data::split_text(name), static_cast<double>(*found), precision_name<T>()),
          kCure);
    }
  }
}

template std::string square_overflow(ConstView<float>);
template std::string square_overflow(ConstView<double>);
template void check_squares(const nn::Network<float>&, const data::Dataset<float>&);
template void check_squares(const nn::Network<double>&, const data::Dataset<double>&);

}  // namespace normrun::train
