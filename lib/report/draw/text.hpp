#pragma once

#include <string>
#include <string_view>

namespace normrun::report {

/// A text as HTML and XML show it, in elements and in quoted attributes.  Characters that XML forbids become U+FFFD.
std::string escaped(std::string_view text);

/// A file's contents as a link to download it holds them; `type`: its media type.
std::string data_link(std::string_view type, std::string_view content);

}  // namespace normrun::report
