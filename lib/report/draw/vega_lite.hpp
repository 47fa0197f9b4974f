#pragma once

#include <string>

#include "report/draw/figure.hpp"

namespace normrun::report {

/// Returns a figure's charts as a Vega-Lite specification (JSON), one view for each panel, with the colours of the page's light theme.
/// The specification holds the figure's data as the CSV that data_of() gives, and needs nothing else.
std::string specification(const Figure& figure);

}  // namespace normrun::report
