#include "report/draw/network_graph.hpp"

#include <algorithm>
#include <optional>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/svg.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr double kBoxWidth = 216.0;
constexpr double kBoxHeight = 26.0;
constexpr double kRow = 40.0;
constexpr double kColumn = kBoxWidth + 16.0;
constexpr std::size_t kLongestBox = 29;  // characters of a name and its note

/// "28×28×16"
std::string dims_text(const Shape& shape) { return fmt::format("{}", fmt::join(shape.dims(), "×")); }

/// Returns the first `depth` parts of a layer's path.
std::string folded_name(const std::string& name, std::size_t depth) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < depth && end != std::string::npos; ++i) end = name.find('/', end == 0 ? 0 : end + 1);
  return name.substr(0, end);
}

std::string plural(Index count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

/// The layers of one box.
struct Fold {
  std::string name;
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Puts neighbouring layers into one box if their paths begin with the same `depth` parts.
std::vector<Fold> folds_of(const std::vector<nn::LayerInfo>& layers, std::size_t depth) {
  std::vector<Fold> folds;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::string name = folded_name(layers[i].name, depth);
    if (folds.empty() || folds.back().name != name) folds.push_back({std::move(name), i, 0});
    ++folds.back().count;
  }
  return folds;
}

std::vector<Fold> fitting_folds(const std::vector<nn::LayerInfo>& layers, std::size_t most) {
  std::size_t deepest = 1;
  for (const nn::LayerInfo& layer : layers)
    deepest = std::max(deepest, static_cast<std::size_t>(std::count(layer.name.begin(), layer.name.end(), '/')) + 1);
  std::vector<Fold> folds = folds_of(layers, deepest);
  for (std::size_t depth = deepest; folds.size() > most && depth-- > 1;) folds = folds_of(layers, depth);
  return folds;
}

/// Says which of the network's normalizations lie in a box: "normalization layers 2 to 4".
std::string normalizations_text(const nn::Network<float>& network, const Fold& fold) {
  const std::vector<nn::Normalization>& norms = network.layout().normalizations;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    const auto layer = static_cast<std::size_t>(norms[i].layer);
    if (layer >= fold.first && layer < fold.first + fold.count) places.push_back(i + 1);
  }
  if (places.empty()) return "";
  if (places.size() == 1) return fmt::format("normalization layer {}", places.front());
  return fmt::format("normalization layers {} to {}", places.front(), places.back());
}

/// Returns the last part of a path in words: "stage 1 block 2"; for a name that only counts the layers ("dense_0") its type.
std::string spoken_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  const std::size_t stem = name.find_last_not_of("0123456789");
  if (path.find('/') == std::string::npos && stem != std::string::npos && stem + 1 < name.size() && name[stem] == '_') name.resize(stem);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// Where the boxes lie: each in a row of its own, in the leftmost column where no line passes it.
std::vector<std::size_t> columns_of(const std::vector<GraphBox>& boxes) {
  std::vector<std::size_t> last_reader(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (const std::size_t input : boxes[i].inputs) last_reader[input] = i;
  }
  std::vector<std::optional<std::size_t>> taken;  // the box whose output passes down a column
  std::vector<std::size_t> columns;
  columns.reserve(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (auto& column : taken) {
      if (column && last_reader[*column] <= i) column.reset();
    }
    const auto free = std::find(taken.begin(), taken.end(), std::nullopt);
    columns.push_back(static_cast<std::size_t>(free - taken.begin()));
    if (free == taken.end())
      taken.emplace_back(i);
    else
      *free = i;
  }
  return columns;
}

}  // namespace

std::vector<GraphBox> graph_boxes(const nn::Network<float>& network, std::size_t most) {
  const std::vector<nn::LayerInfo>& layers = network.layers();
  const std::vector<Fold> folds = fitting_folds(layers, most);
  std::vector<std::size_t> box_of(layers.size() + 1, 0);  // for each boundary, the box that gives it
  std::vector<GraphBox> boxes = {{.name = "input", .note = dims_text(network.input()), .hint = "the network's input", .inputs = {}}};
  for (const Fold& fold : folds) {
    const nn::LayerInfo& last = layers[fold.first + fold.count - 1];
    GraphBox box;
    Index params = 0;
    for (std::size_t i = fold.first; i < fold.first + fold.count; ++i) {
      box_of[i + 1] = boxes.size();
      params += layers[i].params;
      for (const Index boundary : layers[i].inputs) {
        const std::size_t input = box_of[static_cast<std::size_t>(boundary)];
        if (input != boxes.size() && std::find(box.inputs.begin(), box.inputs.end(), input) == box.inputs.end())
          box.inputs.push_back(input);
      }
    }
    const std::string norms = normalizations_text(network, fold);
    box.normalizes = !norms.empty();
    box.name = fold.count == 1 && box.normalizes ? norms : spoken_name(fold.name);
    box.note = fold.count > 1 ? plural(static_cast<Index>(fold.count), "layer") : dims_text(last.output);
    const std::string what = fold.count > 1 ? box.note : box.normalizes ? spoken_norm(last.type) : spoken_name(last.type);
    box.hint = fmt::format("{}: {}, output {}, {}", box.name, what, dims_text(last.output), plural(params, "parameter"));
    if (fold.count > 1 && box.normalizes) box.hint += ", " + norms;
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::string graph_picture(const std::vector<GraphBox>& boxes) {
  const std::vector<std::size_t> columns = columns_of(boxes);
  const std::size_t most = 1 + *std::max_element(columns.begin(), columns.end());
  const auto left = [&](std::size_t box) { return 1.0 + kColumn * static_cast<double>(columns[box]); };
  const auto middle = [&](std::size_t box) { return left(box) + 0.5 * kBoxWidth; };
  const auto top = [](std::size_t box) { return 1.0 + kRow * static_cast<double>(box); };
  std::string description = "From top to bottom:";
  for (const GraphBox& box : boxes) description += (&box == &boxes.front() ? " " : "; ") + box.hint;
  const double width = kColumn * static_cast<double>(most);
  Svg svg("network", width, top(boxes.size()) - kRow + kBoxHeight + 2.0, "The network's layers", description + ".");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (const std::size_t input : boxes[i].inputs) {
      const double turn = top(i) - 0.5 * (kRow - kBoxHeight);
      svg.polyline({{middle(input), top(input) + kBoxHeight}, {middle(input), turn}, {middle(i), turn}, {middle(i), top(i)}}, "link");
    }
  }
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const GraphBox& box = boxes[i];
    const double base = top(i) + 17.5;
    svg.rectangle(left(i), top(i), kBoxWidth, kBoxHeight, box.normalizes ? "box norm" : "box", box.hint);
    const std::size_t room = kLongestBox - std::min(kLongestBox - 8, characters_of(box.note) + 1);
    svg.text(left(i) + 8, base, shortened(box.name, room), Svg::Anchor::kStart, "value");
    svg.text(left(i) + kBoxWidth - 8, base, box.note, Svg::Anchor::kEnd, "axis");
  }
  return fmt::format("<div class=\"graph\" style=\"max-width:{:.0f}px\">{}</div>\n", width, svg.finished());
}

}  // namespace normrun::report
