// The safetensors file format (github.com/huggingface/safetensors, README "Format"): 8 bytes with the length of the header,
// the header as JSON, padded with spaces, and the tensors' data, little-endian, without gaps.
#include "files/safetensors.hpp"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "files/checksum.hpp"
#include "files/safetensors_values.hpp"

namespace normrun::files {
namespace {

using Json = nlohmann::json;  // sorts its keys

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kMaxFile = std::size_t{1} << 36;  // enough for 2^31 parameters with their statistics and slots in double
constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kFormatKey = "normrun.format";
constexpr std::string_view kFormat = "1";
constexpr std::string_view kHeaderCrc = "crc32c.header";

std::string tensor_crc_key(const std::string& name) { return "crc32c." + name; }

std::string hex(std::uint32_t value) {
  std::string digits(8, '0');
  for (std::size_t i = 8; i-- > 0; value >>= 4U) digits[i] = "0123456789abcdef"[value & 15U];
  return digits;
}

/// Returns the CRC-32C of the header, written as compact JSON with sorted keys and without this checksum.  It covers all that the tensors'
/// own checksums do not cover.
std::string header_crc(Json header) {
  header[std::string(kMetadata)].erase(std::string(kHeaderCrc));
  const std::string text = header.dump();
  return hex(crc32c(text.data(), text.size()));
}

[[noreturn]] void damaged(const std::string& path, const std::string& what) {
  throw Error(ExitCode::kDamaged, Problem{path, what, "the file is damaged, or it is not a safetensors file"});
}
[[noreturn]] void damaged_at(const std::string& path, std::size_t byte, const std::string& what) {
  damaged(path + " byte " + std::to_string(byte), what);
}

/// Parses the header.  Refuses deeper nesting than any header has, and a key that occurs twice.
Json parse_header(std::string_view text, const std::string& path) {
  const std::size_t zero = text.find('\0');  // the parser would take the zero for the end of the text
  if (zero != std::string_view::npos) damaged_at(path, kLengthBytes + zero, "the header is not JSON");
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 3) damaged(path, "the header is nested too deeply");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      damaged(path, "the header has the key \"" + parsed.get<std::string>() + "\" twice");
    }
    return true;
  };
  try {
    Json header = Json::parse(text.begin(), text.end(), check);
    if (!header.is_object()) damaged_at(path, kLengthBytes, "the header is not a JSON object");
    return header;
  } catch (const Json::parse_error& error) {
    damaged_at(path, kLengthBytes + (error.byte > 0 ? error.byte - 1 : 0), "the header is not JSON");
  } catch (const Json::out_of_range&) {
    damaged_at(path, kLengthBytes, "the header holds a number that is too large");
  }
}

struct Placed {
  Tensor tensor;
  ElementType type = ElementType::kF32;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t unsigned_in(const Json& value, const std::string& path, const std::string& name) {
  if (!value.is_number_unsigned()) damaged(path, "tensor " + name + ": a shape or an offset is not a whole number");
  return value.get<std::size_t>();
}

/// Reads the name, type, shape and place of one tensor, but not its values.  Believes no number that exceeds data_size.
Placed read_entry(const std::string& name, const Json& entry, std::size_t data_size, const std::string& path) {
  const auto wrong = [&](const std::string& what) { damaged(path, "tensor " + name + ": " + what); };
  const bool complete = entry.is_object() && entry.contains("dtype") && entry["dtype"].is_string() && entry.contains("shape") &&
                        entry["shape"].is_array() && entry.contains("data_offsets") && entry["data_offsets"].is_array() &&
                        entry["data_offsets"].size() == 2;
  if (!complete) wrong("dtype, shape or data_offsets is missing");
  Placed placed;
  placed.tensor.name = name;
  const auto type = element_type(entry["dtype"].get<std::string>());
  if (!type) wrong("dtype " + entry["dtype"].get<std::string>() + " is none of F64, F32, F16, BF16, I64, I32");
  placed.type = *type;
  placed.tensor.dtype = entry["dtype"].get<std::string>();
  placed.tensor.is_double = *type == ElementType::kF64;
  placed.begin = unsigned_in(entry["data_offsets"][0], path, name);
  placed.end = unsigned_in(entry["data_offsets"][1], path, name);
  if (placed.begin > placed.end || placed.end > data_size) wrong("its data lie outside the file");
  std::size_t bytes = element_size(*type);
  for (const Json& dim : entry["shape"]) {
    const std::size_t size = unsigned_in(dim, path, name);
    if (size > data_size || __builtin_mul_overflow(bytes, size, &bytes)) wrong("its shape is larger than the file");
    placed.tensor.shape.push_back(static_cast<Index>(size));
  }
  if (bytes != placed.end - placed.begin) wrong("its shape and its data differ in size");
  return placed;
}

/// Returns the tensors in the order of their data.  Together the data must cover everything behind the header exactly once.
std::vector<Placed> read_entries(const Json& header, std::size_t data_size, const std::string& path) {
  std::vector<Placed> entries;
  for (const auto& [name, entry] : header.items()) {
    if (name != kMetadata) entries.push_back(read_entry(name, entry, data_size, path));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Placed& a, const Placed& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::size_t end = 0;
  for (const Placed& placed : entries) {
    if (placed.begin != end) damaged(path, "tensor " + placed.tensor.name + ": its data overlap others or leave a gap");
    end = placed.end;
  }
  if (end != data_size) damaged(path, "the file is longer or shorter than its tensors");
  return entries;
}

std::map<std::string, std::string> read_metadata(const Json& header, const std::string& path) {
  std::map<std::string, std::string> metadata;
  const auto found = header.find(std::string(kMetadata));
  if (found == header.end()) return metadata;
  if (!found->is_object()) damaged(path, "__metadata__ is not a JSON object");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) damaged(path, "__metadata__: " + key + " is not a text");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

/// Checks every checksum that the file has, and takes the checksums out of the metadata.  A file that normrun wrote must have all of them.
void check_sums(const Json& header, std::string_view data, const std::vector<Placed>& entries, const std::string& path,
                std::map<std::string, std::string>& metadata) {
  const auto format = metadata.find(std::string(kFormatKey));
  const bool ours = format != metadata.end();
  if (ours && format->second != kFormat)
    damaged(path, "the file has format " + format->second + ", but normrun reads format " + std::string(kFormat));
  const auto check = [&](const std::string& key, const std::string& sum, const std::string& what) {
    const auto stored = metadata.find(key);
    if (stored == metadata.end() ? ours : stored->second != sum) damaged(path, what + ": the checksum differs");
    if (stored != metadata.end()) metadata.erase(stored);
  };
  if (ours || metadata.contains(std::string(kHeaderCrc))) check(std::string(kHeaderCrc), header_crc(header), "header");
  for (const Placed& placed : entries) {
    const std::string sum = hex(crc32c(data.data() + placed.begin, placed.end - placed.begin));
    check(tensor_crc_key(placed.tensor.name), sum, "tensor " + placed.tensor.name);
  }
}

}  // namespace

const Tensor* TensorFile::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

std::string format_safetensors(const TensorFile& file) {
  Json header = Json::object();
  Json metadata(file.metadata);
  metadata[std::string(kFormatKey)] = kFormat;
  std::string data;
  for (const Tensor& tensor : file.tensors) {
    const std::string bytes = encode_values(tensor);
    header[tensor.name] = {
        {"dtype", tensor.is_double ? "F64" : "F32"}, {"shape", tensor.shape}, {"data_offsets", {data.size(), data.size() + bytes.size()}}};
    metadata[tensor_crc_key(tensor.name)] = hex(crc32c(bytes.data(), bytes.size()));
    data += bytes;
  }
  header[std::string(kMetadata)] = std::move(metadata);
  const std::string sum = header_crc(header);
  header[std::string(kMetadata)][std::string(kHeaderCrc)] = sum;

  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data start on a multiple of 8
  const std::uint64_t length = text.size();
  std::string prefix(kLengthBytes, '\0');
  std::memcpy(prefix.data(), &length, kLengthBytes);
  return data.insert(0, prefix + text);
}

void write_safetensors(const std::string& path, const TensorFile& file) { write_file(path, format_safetensors(file)); }

TensorFile read_safetensors(const std::string& path) { return parse_safetensors(read_file(path, kMaxFile), path); }

TensorFile parse_safetensors(std::string_view bytes, const std::string& path) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) damaged_at(path, bytes.size(), "the file ends within the header's length");
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes) damaged_at(path, bytes.size(), "the file ends within the header");
  const std::string_view data = bytes.substr(kLengthBytes + length);
  const Json header = parse_header(bytes.substr(kLengthBytes, length), path);

  TensorFile file;
  file.metadata = read_metadata(header, path);
  std::vector<Placed> entries = read_entries(header, data.size(), path);
  check_sums(header, data, entries, path, file.metadata);
  for (Placed& placed : entries) {
    placed.tensor.begin = static_cast<Index>(kLengthBytes + length + placed.begin);
    placed.tensor.values = decode_values(placed.type, data.substr(placed.begin, placed.end - placed.begin));
    file.tensors.push_back(std::move(placed.tensor));
  }
  return file;
}

}  // namespace normrun::files
