#include "study/data_cache.hpp"

#include <type_traits>

namespace normrun {

template <class T>
std::shared_ptr<const Dataset<T>> DataCache::get(const RunConfig& config, const std::string& folder) {
  const DataSpec& spec = config.data_spec();
  std::string key = std::is_same_v<T, float> ? "float32 " : "float64 ";
  if (spec.depends_on_seed()) key += "seed " + std::to_string(config.seed) + " ";
  key += data_text(config);
  const auto load = [&]() -> std::shared_ptr<const void> {
    return std::make_shared<Dataset<T>>(spec.load(static_cast<std::uint64_t>(config.seed), folder, T{}));
  };
  return std::static_pointer_cast<const Dataset<T>>(find_or_load(key, load));
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

template std::shared_ptr<const Dataset<float>> DataCache::get(const RunConfig&, const std::string&);
template std::shared_ptr<const Dataset<double>> DataCache::get(const RunConfig&, const std::string&);

}  // namespace normrun
