#include "tables/run_rows.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>

#include "files/descriptor.hpp"

namespace normrun::tables {
namespace {

std::string_view run_of(std::string_view line) { return line.substr(0, line.find(',')); }

std::string_view last_name(std::string_view key) { return key.substr(key.rfind('.') + 1); }

/// Returns the last name of a key: "rate" for "network.4.rate".  If another swept key ends in the same name, returns the key's last two
/// names: "4.rate".
std::string_view short_name(const std::vector<std::string>& keys, std::string_view key) {
  const auto ends_alike = [&](const std::string& other) { return last_name(other) == last_name(key); };
  if (std::count_if(keys.begin(), keys.end(), ends_alike) == 1) return last_name(key);
  const std::string_view before = key.substr(0, key.size() - last_name(key).size());
  return key.substr(before.substr(0, before.empty() ? 0 : before.size() - 1).rfind('.') + 1);
}

/// Reads a line, and further lines if a field in quotes contains line ends.  At the end of the file, `line` is empty.
void read_line(std::istream& file, std::string& line) {
  const auto is_odd = [](const std::string& text) { return std::count(text.begin(), text.end(), '"') % 2 == 1; };
  if (!std::getline(file, line)) line.clear();
  bool is_open = is_odd(line);
  for (std::string more; is_open && std::getline(file, more);) {
    is_open = !is_odd(more);
    line.append("\n").append(more);
  }
}

}  // namespace

RunRows::RunRows(const std::string& path, std::size_t others) : other_count_(others) {
  file_.open(path);
  if (!file_.is_open() && errno != ENOENT) files::throw_errno(ExitCode::kUsage, path, "read");
  file_.exceptions(std::ios::badbit);  // otherwise a getline that gets no memory would end the table early and say nothing
  std::string line;
  read_line(file_, line);
  if (!line.empty()) header_ = split_csv_line(line);
  read_line(file_, ahead_);
}

RunRows::RunRows(const RunRecord& record, TableId id)
    : other_count_(split_csv_line(record.keys).size() - 1 -
                   key_columns().size()),  // minus 1, because the comma at the end of `keys` begins one more field
      rows_(split_csv(record.lines[static_cast<std::size_t>(id)])) {
  const std::vector<Column>& own = table(id).columns;
  header_.reserve(key_columns().size() + other_count_ + own.size());
  for (const Column& column : key_columns()) header_.emplace_back(column.name);
  header_.resize(header_.size() + other_count_);
  for (const Column& column : own) header_.emplace_back(column.name);
}

bool RunRows::next() {
  rows_.clear();
  const std::string run(run_of(ahead_));
  while (!ahead_.empty() && run_of(ahead_) == run) {
    rows_.push_back(split_csv_line(ahead_));
    rows_.back().resize(std::max(header_.size(), key_columns().size() + other_count_));  // cells that a damaged line lacks are empty
    read_line(file_, ahead_);
  }
  return !rows_.empty();
}

std::vector<const RunRows::Row*> RunRows::final_rows() const {
  const std::size_t step = column("step");
  std::vector<const Row*> last;
  for (const Row& row : rows_) {
    if (step == header_.size() || row[step] == rows_.back()[step]) last.push_back(&row);
  }
  return last;
}

std::size_t RunRows::column(std::string_view name) const {
  // Searches after the swept keys, because one of them may have the name of a column of the table.
  const auto own = header_.begin() + static_cast<std::ptrdiff_t>(std::min(header_.size(), key_columns().size() + other_count_));
  return static_cast<std::size_t>(std::find(own, header_.end(), name) - header_.begin());
}

const std::string& RunRows::text(const Row& row, std::string_view name) const {
  static const std::string nothing;
  const std::size_t place = column(name);
  return place == header_.size() ? nothing : row[place];
}

double RunRows::number(const Row& row, std::string_view name) const { return read_number(text(row, name)); }

const std::string& RunRows::key(std::string_view name) const {
  return rows_.front()[static_cast<std::size_t>(find_column(key_columns(), name) - key_columns().data())];
}

Index RunRows::batch_size() const {
  Index size = 0;
  const std::string& field = key("batch_size");
  std::from_chars(field.data(), field.data() + field.size(), size);
  return size;
}

double RunRows::other(std::string_view key) const {
  const auto swept = header_.begin() + static_cast<std::ptrdiff_t>(std::min(header_.size(), key_columns().size()));
  const auto place = static_cast<std::size_t>(std::find(swept, header_.end(), key) - swept);
  return place < other_count_ ? read_number(rows_.front()[key_columns().size() + place]) : std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::string> RunRows::other_values() const {
  const auto first = rows_.front().begin() + static_cast<std::ptrdiff_t>(key_columns().size());
  return {first, first + static_cast<std::ptrdiff_t>(other_count_)};
}

std::string RunRows::others(std::string_view without) const {
  const auto swept = header_.begin() + static_cast<std::ptrdiff_t>(std::min(header_.size(), key_columns().size()));
  const std::vector<std::string> keys(swept, swept + std::min(static_cast<std::ptrdiff_t>(other_count_), header_.end() - swept));
  std::string text;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == without) continue;
    text += text.empty() ? "" : ", ";
    text += std::string(short_name(keys, keys[i])) + " = " + rows_.front()[key_columns().size() + i];
  }
  return text;
}

}  // namespace normrun::tables
