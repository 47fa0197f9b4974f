#include "models/constant.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace normrun::models {
namespace {

/// What to do about a graph that no runtime could compute.
constexpr const char* kExportAgain = "export the model again";

}  // namespace

NumberSet number_set(files::OnnxType type) { return files::is_floating(type) ? NumberSet::kReal : NumberSet::kWhole; }

std::vector<Index> Constant::integers() const {
  constexpr double kMost = 9.0e18;
  std::vector<Index> whole(values->size());
  std::transform(values->begin(), values->end(), whole.begin(),
                 [kMost](double value) { return std::isnan(value) ? Index{0} : static_cast<Index>(std::clamp(value, -kMost, kMost)); });
  return whole;
}

Index checked_count(const std::vector<Index>& dims) {
  Index count = 1;
  for (const Index dim : dims) {
    if (dim < 0 || !checked_product(count, dim, count) || count > kMostComputed)
      refuse_usage("", "a tensor of shape " + shape_text(dims) + " that does not depend on the input", kExportAgain);
  }
  return count;
}

Constant computed(std::vector<Index> dims, std::vector<double> values, NumberSet set) {
  checked_count(dims);
  return {.dims = std::move(dims), .values = std::make_shared<const std::vector<double>>(std::move(values)), .set = set};
}

Constant whole_numbers(const std::vector<Index>& values) {
  return computed({static_cast<Index>(values.size())}, std::vector<double>(values.begin(), values.end()), NumberSet::kWhole);
}

std::optional<std::vector<Index>> broadcast_dims(const std::vector<Index>& a, const std::vector<Index>& b) {
  const std::size_t rank = std::max(a.size(), b.size());
  const auto dim_of = [&](const std::vector<Index>& dims, std::size_t axis) {
    return axis + dims.size() < rank ? Index{1} : dims[axis + dims.size() - rank];
  };
  std::vector<Index> dims(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const Index own = dim_of(a, axis);
    const Index other = dim_of(b, axis);
    if (own != other && own != 1 && other != 1) return std::nullopt;
    dims[axis] = own == 1 ? other : own;
  }
  return dims;
}

BroadcastReader::BroadcastReader(const Constant& constant, const std::vector<Index>& dims) : steps_(dims.size(), 0) {
  Index step = 1;
  const std::size_t rank = constant.dims.size();
  if (rank > dims.size()) refuse_usage("", "shapes that do not fit", kExportAgain);
  for (std::size_t i = 0; i < rank; ++i) {
    const Index dim = constant.dims[rank - 1 - i];
    const std::size_t axis = dims.size() - 1 - i;
    if (dim != 1 && dim != dims[axis]) refuse_usage("", "shapes that do not fit", kExportAgain);
    if (dim != 1) steps_[axis] = step;
    step *= dim;
  }
}

Index BroadcastReader::place(const std::vector<Index>& at) const {
  Index place = 0;
  for (std::size_t axis = 0; axis < at.size(); ++axis) place += at[axis] * steps_[axis];
  return place;
}

Constant expanded(const Constant& constant, const std::vector<Index>& dims) {
  const BroadcastReader reader(constant, dims);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(checked_count(dims)));
  each_place(dims, [&](const std::vector<Index>& at) { values.push_back(constant.numbers()[static_cast<std::size_t>(reader.place(at))]); });
  return computed(dims, std::move(values), constant.set);
}

Constant transposed(const Constant& constant, const std::vector<Index>& axes) {
  std::vector<Index> steps(constant.dims.size(), 1);
  for (std::size_t i = steps.size(); i-- > 1;) steps[i - 1] = steps[i] * constant.dims[i];
  std::vector<Index> dims(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) dims[i] = constant.dims[static_cast<std::size_t>(axes[i])];
  std::vector<double> values;
  values.reserve(constant.numbers().size());
  each_place(dims, [&](const std::vector<Index>& at) {
    Index place = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) place += at[i] * steps[static_cast<std::size_t>(axes[i])];
    values.push_back(constant.numbers()[static_cast<std::size_t>(place)]);
  });
  return {.dims = std::move(dims), .values = std::make_shared<const std::vector<double>>(std::move(values)), .set = constant.set};
}

Constant combined(const Constant& a, const Constant& b, NumberSet set, const std::function<double(double, double)>& f) {
  const auto dims = broadcast_dims(a.dims, b.dims);
  if (!dims) refuse_usage("", "shapes that do not fit: " + shape_text(a.dims) + " and " + shape_text(b.dims), kExportAgain);
  const BroadcastReader of_a(a, *dims);
  const BroadcastReader of_b(b, *dims);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(checked_count(*dims)));
  each_place(*dims, [&](const std::vector<Index>& at) {
    values.push_back(f(a.numbers()[static_cast<std::size_t>(of_a.place(at))], b.numbers()[static_cast<std::size_t>(of_b.place(at))]));
  });
  return computed(*dims, std::move(values), set);
}

std::size_t axis_of(Index axis, std::size_t rank) {
  const auto count = static_cast<Index>(rank);
  if (axis < -count || axis >= count)
    refuse_usage("", "an axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " axes", kExportAgain);
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

}  // namespace normrun::models
