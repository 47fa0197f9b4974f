#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "report/html/figure.hpp"

/// What the specifications of vega_lite.hpp are put together from; for its .cpp files alone.
namespace normrun::vega {

using Json = nlohmann::ordered_json;

inline constexpr double kViewWidth = 240.0;
inline constexpr double kViewHeight = 170.0;
inline constexpr double kRowHeight = 20.0;

/// A value of the light theme, as the stylesheet declares it first: "--c0", "--soft".
std::string colour(const std::string& name);
/// The table has 95 % intervals.
bool has_intervals(const DataTable& data);

/// The figure's numbers, row by row.  Columns that choose rows stay texts, whatever their values look like.
Json data_of(const Figure& figure, const std::vector<std::string>& texts);
Json filters(const RowFilter& rows);
/// Of a view: what the panel shows and, with room, what its y axis is.
Json title_of(const std::string& text, const std::string& y_label);
/// An axis of names, in the data's order.
Json name_axis(const std::string& column);
/// The series' colours and shapes.
Json looks(const std::string& series, const std::vector<LegendEntry>& legend);
/// What is not highlighted steps back.
Json opacity_of(const std::string& series, double value);
/// What stands under the pointer: a row's own columns, but those that all of the view's rows share.
Json hint_of(const DataTable& data, const RowFilter& rows);

/// The whole: `views` side by side.
std::string specification(const Figure& figure, const std::vector<LegendEntry>& legend, const Json& data, const Json& views);

}  // namespace normrun::vega
