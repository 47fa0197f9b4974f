#include "models/told_training.hpp"

#include <charconv>

#include "core/error.hpp"
#include "core/matrix.hpp"

namespace normrun::models {
namespace {

/// Reads the entries of one module.
class EntryReader {
 public:
  EntryReader(const std::map<std::string, std::string>& metadata, const std::string& module, const std::string& path)
      : metadata_(metadata), prefix_("normrun." + module + "."), path_(path) {}

  std::optional<double> updates() const {
    constexpr Index kMost = Index{1} << 52;  // as for --updates
    return number<Index>("updates", kMost, "a whole number from 0 on");
  }
  std::optional<double> momentum() const { return number<double>("momentum", 1.0, "a number from 0 to 1"); }
  std::string moving_variance() const {
    const std::string* const text = find("moving_variance");
    if (text == nullptr) return "";
    if (*text != "biased" && *text != "unbiased") refuse("moving_variance", *text, "\"biased\" or \"unbiased\"");
    return *text;
  }

 private:
  template <class Number>
  std::optional<double> number(const std::string& name, Number highest, const std::string& range) const {
    const std::string* const text = find(name);
    if (text == nullptr) return std::nullopt;
    Number value = 0;
    const char* const last = text->data() + text->size();
    const auto [end, error] = std::from_chars(text->data(), last, value);
    if (error != std::errc() || end != last || !(value >= 0 && value <= highest)) refuse(name, *text, range);
    return static_cast<double>(value);
  }
  const std::string* find(const std::string& name) const {
    const auto found = metadata_.find(prefix_ + name);
    return found == metadata_.end() ? nullptr : &found->second;
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& text, const std::string& range) const {
    throw Error(ExitCode::kDamaged,
                Problem{path_ + ": metadata " + prefix_ + name, "is \"" + text + "\", and must be " + range, "export the model again"});
  }

  const std::map<std::string, std::string>& metadata_;
  std::string prefix_;
  const std::string& path_;
};

}  // namespace

ToldTraining told_training(const std::map<std::string, std::string>& metadata, const std::string& module, const std::string& path) {
  const EntryReader entries(metadata, module, path);
  return {.updates = entries.updates(), .momentum = entries.momentum(), .moving_variance = entries.moving_variance()};
}

}  // namespace normrun::models
