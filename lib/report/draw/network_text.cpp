#include "report/draw/network_text.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "fmt/format.h"

namespace normrun::report {
namespace {

using Path = std::vector<std::string>;

Path path_of(const std::string& name) {
  Path path;
  std::size_t begin = 0;
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', begin)) {
    path.push_back(name.substr(begin, slash - begin));
    begin = slash + 1;
  }
  path.push_back(name.substr(begin));
  return path;
}

struct Line {
  std::string name;                      // indented
  const nn::LayerInfo* layer = nullptr;  // null: the head of a branch
  std::string reads = {};
};

std::string indented(const std::string& name, std::size_t depth) { return std::string(2 * depth, ' ') + name; }

/// Returns the name of a layer as seen from another one: without what the paths of both begin with.
std::string relative_name(const std::string& name, const std::string& from) {
  const std::string inside = from + "/";
  if (name.starts_with(inside)) return name.substr(inside.size());
  std::size_t shared = 0;
  for (std::size_t i = 0; i < std::min(name.size(), from.size()) && name[i] == from[i]; ++i) {
    if (name[i] == '/') shared = i + 1;
  }
  return name.substr(shared);
}

std::string reads_text(const nn::Network<float>& network, const nn::LayerInfo& layer) {
  std::string text;
  for (const Index boundary : layer.inputs) {
    const std::string name = boundary == 0 ? "input" : network.layers()[static_cast<std::size_t>(boundary - 1)].name;
    text.append(text.empty() ? "  reads " : ", ").append(relative_name(name, layer.name));
  }
  return text;
}

std::vector<Line> lines_of(const nn::Network<float>& network) {
  std::vector<Line> lines;
  Path open;  // the branch whose layers are being listed
  for (std::size_t i = 0; i < network.layers().size(); ++i) {
    const nn::LayerInfo& layer = network.layers()[i];
    Path path = path_of(layer.name);
    const std::string name = path.back();
    path.pop_back();
    std::size_t shared = static_cast<std::size_t>(std::mismatch(open.begin(), open.end(), path.begin(), path.end()).first - open.begin());
    for (; shared < path.size(); ++shared) lines.push_back({.name = indented(path[shared] + ":", shared)});
    const bool follows = layer.inputs.size() == 1 && layer.inputs.front() == static_cast<Index>(i);
    lines.push_back({.name = indented(name, path.size()), .layer = &layer, .reads = follows ? "" : reads_text(network, layer)});
    open = std::move(path);
  }
  return lines;
}

}  // namespace

std::string network_text(const nn::Network<float>& network) {
  const std::vector<Line> lines = lines_of(network);
  std::size_t width = 24;
  std::size_t type_width = 12;
  for (const Line& line : lines) {
    width = std::max(width, characters_of(line.name));
    if (line.layer != nullptr) type_width = std::max(type_width, line.layer->type.size());
  }
  const auto row = [&](const std::string& name, std::string_view type, std::string_view output, std::string_view params) {
    const std::string padding(width - std::min(width, characters_of(name)), ' ');
    return fmt::format("{}{} {:<{}} {:>18} {:>12}", name, padding, type, type_width, output, params);
  };
  std::string text = row("layer", "type", "output", "parameters") + "\n";
  for (const Line& line : lines) {
    if (line.layer == nullptr)
      text.append(line.name).append("\n");
    else
      text.append(row(line.name, line.layer->type, line.layer->output.text(), std::to_string(line.layer->params)))
          .append(line.reads)
          .append("\n");
  }
  return text + row("total", "", "", std::to_string(network.layout().param_count)) + "\n";
}

}  // namespace normrun::report
