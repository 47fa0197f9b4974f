#include "sweep/data_cache.hpp"

#include <algorithm>
#include <type_traits>

namespace normrun::sweep {

DataCache::DataCache(const study::Experiment& experiment)
    : keeps_files_(std::any_of(experiment.grid.axes().begin(), experiment.grid.axes().end(),
                               [](const config::Axis& axis) { return axis.key == "seed" && axis.values.size() > 1; })) {}

template <class T>
std::shared_ptr<const data::Dataset<T>> DataCache::get(const study::RunConfig& config, const std::string& folder) {
  const data::DataSpec& spec = config.data_spec();
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const std::string rows = (std::is_same_v<T, float> ? "float32 " : "float64 ") + study::data_text(config);
  const auto load = [&]() -> std::shared_ptr<const void> {
    if (keeps_files_ && spec.depends_on_seed()) {
      const auto read = find_or_load("files " + rows, [&]() -> std::shared_ptr<const void> { return spec.read_files<T>(folder); });
      const auto files = std::static_pointer_cast<const data::FileRows<T>>(read);
      if (files != nullptr) return std::make_shared<data::Dataset<T>>(data::prepare_copy(*files, spec.preparation, seed));
    }
    return std::make_shared<data::Dataset<T>>(spec.load<T>(seed, folder));
  };
  const std::string key = spec.depends_on_seed() ? "seed " + std::to_string(config.seed) + " " + rows : rows;
  return std::static_pointer_cast<const data::Dataset<T>>(find_or_load(key, load));
}

std::shared_ptr<const void> DataCache::find_or_load(const std::string& key, const std::function<std::shared_ptr<const void>()>& load) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    auto& place = entries_[key];
    if (place == nullptr) place = std::make_shared<Entry>();
    place->used = ++clock_;
    entry = place;
    while (entries_.size() > kKept) {
      auto oldest = entries_.begin();
      for (auto other = entries_.begin(); other != entries_.end(); ++other) {
        if (other->second->used < oldest->second->used) oldest = other;
      }
      entries_.erase(oldest);
    }
  }
  const std::lock_guard lock(entry->loading);
  if (entry->data == nullptr) entry->data = load();
  return entry->data;
}

template std::shared_ptr<const data::Dataset<float>> DataCache::get(const study::RunConfig&, const std::string&);
template std::shared_ptr<const data::Dataset<double>> DataCache::get(const study::RunConfig&, const std::string&);

}  // namespace normrun::sweep
