#include "sweep/data_cache.hpp"

#include <type_traits>

namespace normrun::sweep {

template <class T>
std::shared_ptr<const data::Dataset<T>> DataCache::get(const study::RunConfig& config, const std::string& folder) {
  const data::DataSpec& spec = config.data_spec();
  std::string key = std::is_same_v<T, float> ? "float32 " : "float64 ";
  if (spec.depends_on_seed()) key += "seed " + std::to_string(config.seed) + " ";
  key += study::data_text(config);
  const auto load = [&]() -> std::shared_ptr<const void> {
    return std::make_shared<data::Dataset<T>>(spec.load<T>(static_cast<std::uint64_t>(config.seed), folder));
  };
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
