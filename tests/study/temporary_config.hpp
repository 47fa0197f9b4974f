#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace normrun {

/// A folder of its own for one test, gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "normrun_test_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

 private:
  std::string path_;
};

/// A small experiment: 60 rows of 6 features in 3 classes, dense-norm-relu-dense, two norms, two batch sizes, two seeds.
inline std::string small_config(const std::string& extra = "") {
  return R"({"name": "small",
  "data": {"type": "gaussian", "samples": 60, "features": 6, "target": "clusters", "classes": 3, "test_samples": 30},
  "network": [{"type": "dense", "units": 5}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 3}],
  "norm": {"type": "batch", "momentum": 0.9},
  "train": {"batch_size": 8, "epochs": 2, "optimizer": {"type": "adam", "learning_rate": 0.01}},
  "compare": {"eval_batch_sizes": ["train", 3, "all"], "outputs": 2},
  "grid": {"norm.type": ["batch", "layer"], "train.batch_size": [4, 8], "seed": [0, 1]})" +
         extra + "}";
}

}  // namespace normrun
