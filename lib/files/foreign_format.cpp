#include "files/foreign_format.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"

namespace normrun::files {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  std::string_view bytes;
  ForeignFormat format;
};

constexpr std::array<Magic, 28> kMagics = {{
    {"PAR1"sv, {"this is a Parquet file", "write it as CSV: pandas.read_parquet(path).to_csv(\"table.csv\", index=False)"}},
    {"ARROW1"sv, {"this is a Feather or Arrow file", "write it as CSV: pandas.read_feather(path).to_csv(\"table.csv\", index=False)"}},
    {"FEA1"sv, {"this is a Feather file", "write it as CSV: pandas.read_feather(path).to_csv(\"table.csv\", index=False)"}},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv,
     {"this is an old Excel file", "save the sheet as CSV, or pandas.read_excel(path).to_csv(\"table.csv\", index=False)"}},
    {"\x89HDF\r\n\x1A\n"sv,
     {"this is an HDF5 file (Keras .h5, pandas .h5)", "write arrays with numpy.save, weights as safetensors, tables with to_csv"}},
    {"SQLite format 3\0"sv, {"this is an SQLite database", "write the table: sqlite3 -header -csv FILE \"SELECT * FROM …\" > table.csv"}},
    {"BZh"sv, {"this is a bzip2 file", "unpack it: bunzip2 -k FILE"}},
    {"\xFD"
     "7zXZ\0"sv,
     {"this is an xz file", "unpack it: unxz -k FILE"}},
    {"\x28\xB5\x2F\xFD"sv, {"this is a zstd file", "unpack it: unzstd FILE"}},
    {"\x93NUMPY"sv, {"this is an NPY array", "use \"type\": \"npy\" with \"train\": {\"features\": …, \"labels\": …}"}},
    {"\x89PNG"sv,
     {"this is a PNG image", "save the images as an array: numpy.save(\"images.npy\", array of shape (rows, height, width, channels))"}},
    {"\xFF\xD8\xFF"sv,
     {"this is a JPEG image", "save the images as an array: numpy.save(\"images.npy\", array of shape (rows, height, width, channels))"}},
    {"<stata_dta>"sv, {"this is a Stata file", "write it as CSV: pandas.read_stata(path).to_csv(\"table.csv\", index=False)"}},
    {"RDX2\n"sv, {"this is an R workspace", "write it as CSV in R: load(path); write.csv(table, \"table.csv\", row.names = FALSE)"}},
    {"RDX3\n"sv, {"this is an R workspace", "write it as CSV in R: load(path); write.csv(table, \"table.csv\", row.names = FALSE)"}},
    {"X\n\0\0\0"sv, {"this is an R object (RDS)", "write it as CSV in R: write.csv(readRDS(path), \"table.csv\", row.names = FALSE)"}},
    {"\x80\x02"sv, {"this is a Python pickle", "open it in Python and write a table with to_csv, an array with numpy.save"}},
    {"\x80\x03"sv, {"this is a Python pickle", "open it in Python and write a table with to_csv, an array with numpy.save"}},
    {"\x80\x04"sv, {"this is a Python pickle", "open it in Python and write a table with to_csv, an array with numpy.save"}},
    {"\x80\x05"sv, {"this is a Python pickle", "open it in Python and write a table with to_csv, an array with numpy.save"}},
    {"%PDF"sv, {"this is a PDF document", "name a table: CSV, NPY, NPZ or IDX"}},
    {"\x7F"
     "ELF"sv,
     {"this is a program", "name a table: CSV, NPY, NPZ or IDX"}},
    {"$FL2"sv, {"this is an SPSS file", "write it as CSV: pandas.read_spss(path).to_csv(\"table.csv\", index=False)"}},
    {"HEADER RECORD*******LIB"sv,
     {"this is a SAS transport file", "write it as CSV: pandas.read_sas(path).to_csv(\"table.csv\", index=False)"}},
    {"MATLAB 5.0 MAT-file"sv, {"this is a MATLAB file", "write its arrays: numpy.save(\"X.npy\", scipy.io.loadmat(path)[\"X\"])"}},
    {"CDF\x01"sv, {"this is a NetCDF file", "write its arrays: numpy.save(\"x.npy\", xarray.open_dataset(path)[\"x\"].values)"}},
    {"CDF\x02"sv, {"this is a NetCDF file", "write its arrays: numpy.save(\"x.npy\", xarray.open_dataset(path)[\"x\"].values)"}},
    {"SIMPLE  ="sv, {"this is a FITS file", "write its arrays: numpy.save(\"x.npy\", astropy.io.fits.getdata(path).astype(\"f8\"))"}},
}};

/// Returns what a ZIP archive holds, judged by the names of its first members.
ForeignFormat zip_contents(std::string_view bytes) {
  const auto has = [bytes](std::string_view part) { return bytes.find(part) != std::string_view::npos; };
  if (has("[Content_Types].xml") || has("xl/")) {
    return {"this is an Excel file", "save the sheet as CSV, or pandas.read_excel(path).to_csv(\"table.csv\", index=False)"};
  }
  if (has("opendocument")) return {"this is an OpenDocument spreadsheet", "save the sheet as CSV"};
  if (has("/data.pkl")) {
    return {"this is a PyTorch file (.pt)",
            "write weights as safetensors (safetensors.torch.save_file), tensors with numpy.save(path, tensor.numpy())"};
  }
  if (has(".npy"))
    return {"this is an NPZ archive",
            "use \"type\": \"npy\" and name its members: \"features\": \"file.npz:X\", \"labels\": \"file.npz:y\""};
  if (has("config.json") || has("model.weights.h5")) return {"this is a Keras file", "write its weights as safetensors"};
  return {"this is a ZIP archive", "unpack it: unzip FILE"};
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool starts_with_word(std::string_view text, std::string_view lower_word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; };
  return text.size() >= lower_word.size() &&
         std::equal(lower_word.begin(), lower_word.end(), text.begin(), [&](char b, char a) { return same(a, b); });
}

/// Recognizes ARFF: comments with "%", then "@relation".
bool is_arff(std::string_view text) {
  for (text = without_blanks(text); text.starts_with('%'); text = without_blanks(text)) {
    const std::size_t line_end = text.find('\n');
    if (line_end == std::string_view::npos) return false;
    text.remove_prefix(line_end + 1);
  }
  return starts_with_word(text, "@relation");
}

bool is_safetensors(std::string_view bytes) {
  return bytes.size() > 9 && bytes[8] == '{' && bytes.substr(3, 5).find_first_not_of('\0') == std::string_view::npos &&
         (bytes[9] == '"' || bytes[9] == '}');
}

/// Recognizes IDX: two zero bytes, a known type of numbers, one to eight dimensions.
bool is_idx(std::string_view bytes) {
  return bytes.size() >= 8 && bytes[0] == '\0' && bytes[1] == '\0' && bytes[2] >= 8 && bytes[2] <= 14 && bytes[3] >= 1 && bytes[3] <= 8;
}

bool is_tar(std::string_view bytes) { return bytes.size() >= 262 && bytes.substr(257, 5) == "ustar"sv; }

/// Recognizes LIBSVM's lines: a label, then cells such as 3:0.5, each a whole number, a colon and a number.
bool is_libsvm(std::string_view text) {
  const std::string_view line = without_blanks(text).substr(0, without_blanks(text).find_first_of("\r\n"));
  const auto is_of = [](std::string_view part, std::string_view all) {
    return !part.empty() && part.find_first_not_of(all) == std::string_view::npos;
  };
  std::size_t cells = 0;
  for (std::size_t begin = line.find(' '); begin != std::string_view::npos && begin + 1 < line.size(); begin = line.find(' ', begin + 1)) {
    const std::string_view cell = line.substr(begin + 1, line.find(' ', begin + 1) - begin - 1);
    if (cell.empty()) continue;
    const std::size_t colon = cell.find(':');
    if (colon == std::string_view::npos || cell.find(':', colon + 1) != std::string_view::npos) return false;
    if (!is_of(cell.substr(0, colon), "0123456789") || !is_of(cell.substr(colon + 1), "+-.eE0123456789")) return false;
    ++cells;
  }
  return cells > 1 && is_of(line.substr(0, line.find(' ')), "+-.eE0123456789");
}

bool is_json(std::string_view text) {
  text = without_blanks(text);
  if (text.empty() || (text[0] != '{' && text[0] != '[')) return false;
  const std::string_view next = without_blanks(text.substr(1));
  return !next.empty() && (next[0] == '"' || next[0] == '{' || next[0] == '[' || next[0] == '}' || next[0] == ']');
}

}  // namespace

ForeignFormat foreign_format(std::string_view first_bytes) {
  if (first_bytes.starts_with("PK\3\4"sv) || first_bytes.starts_with("PK\5\6"sv)) return zip_contents(first_bytes);
  for (const Magic& magic : kMagics) {
    if (first_bytes.starts_with(magic.bytes)) return magic.format;
  }
  if (first_bytes.substr(0, 512).find("\x89HDF\r\n\x1A\n"sv) != std::string_view::npos) return kMagics[4].format;
  if (is_safetensors(first_bytes)) {
    return {"this is a safetensors file: weights, not rows", "name it in train.init_from, or save rows with numpy.save"};
  }
  if (is_idx(first_bytes)) return {"this is an IDX file", "use \"type\": \"idx\" with \"train\": {\"images\": …, \"labels\": …}"};
  if (is_arff(first_bytes)) {
    return {"this is an ARFF file",
            "write it as CSV: pandas.DataFrame(scipy.io.arff.loadarff(path)[0]).to_csv(\"table.csv\", index=False)"};
  }
  if (is_tar(first_bytes)) return {"this is a tar archive", "unpack it: tar -xf FILE"};
  if (is_libsvm(first_bytes)) {
    return {"this is a LIBSVM file",
            "write it as arrays: x, y = sklearn.datasets.load_svmlight_file(path); numpy.save(\"X.npy\", x.toarray()); "
            "numpy.save(\"y.npy\", y)"};
  }
  if (is_json(first_bytes))
    return {"this is a JSON file",
            "write it as CSV: pandas.read_json(path).to_csv(\"table.csv\", index=False), with lines=True for an object a line"};
  const std::string_view text = without_blanks(first_bytes);
  for (const std::string_view word : {"<!doctype html", "<html", "<table", "<?xml"}) {
    if (starts_with_word(text, word))
      return {"this is a web page or an XML file",
              "download the table itself, or pandas.read_html(path)[0].to_csv(\"table.csv\", index=False)"};
  }
  return {};
}

void refuse_foreign(const std::string& path, std::string_view first_bytes) {
  const ForeignFormat format = foreign_format(first_bytes);
  if (!format.empty()) throw Error(ExitCode::kDamaged, {path, std::string(format.what), std::string(format.cure)});
}

}  // namespace normrun::files
