#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "study/experiment.hpp"

namespace normrun::sweep {

/// Caches loaded data sets, so that runs which train on the same rows share them.  If a sweep has several seeds, the cache keeps the rows
/// of the files too, and each seed divides these rows among its splits without reading a file again.  Several threads may use the cache at
/// once.
class DataCache {
 public:
  explicit DataCache(const study::Experiment& experiment);
  /// Returns the data of a config, whose relative paths start at `folder`; loads the data if they are not in the cache.  Throws the errors
  /// that DataSpec::load throws.
  template <class T>
  std::shared_ptr<const data::Dataset<T>> get(const study::RunConfig& config, const std::string& folder);

 private:
  static constexpr std::size_t kKept = 8;  // the most data sets that the cache keeps; runs keep their own data alive
  std::shared_ptr<const void> find_or_load(const std::string& key, const std::function<std::shared_ptr<const void>()>& load);

  struct Entry {
    std::mutex loading;
    std::shared_ptr<const void> data;
    std::uint64_t used = 0;
  };
  bool keeps_files_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::uint64_t clock_ = 0;
};

}  // namespace normrun::sweep
