#include "study/example_shape.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "config/options/document.hpp"
#include "core/error.hpp"

namespace normrun::study {
namespace {

/// The part of a manifest that is read.
struct ManifestShape final : config::Described {
  std::vector<Index> example_shape;
  void describe(config::OptionVisitor& visitor) override {
    visitor.integers({"example_shape", "the shape of an example"}, example_shape, {1, Shape::kMaxSize});
  }
};

}  // namespace

std::optional<Shape> example_shape(const std::string& folder) {
  const std::string file = folder + "/manifest.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  ManifestShape manifest;
  std::vector<Problem> ignored;  // of the other keys, which are not read here
  try {
    config::Document::load(file).read("", manifest, ignored);
    Index size = 1;
    const bool fits = std::all_of(manifest.example_shape.begin(), manifest.example_shape.end(),
                                  [&](Index dim) { return checked_product(size, dim, size) && size <= Shape::kMaxSize; });
    if (manifest.example_shape.empty() || !fits) return std::nullopt;
    return Shape(manifest.example_shape);
  } catch (const Error&) {
    return std::nullopt;  // a damaged manifest costs the shape alone
  }
}

}  // namespace normrun::study
