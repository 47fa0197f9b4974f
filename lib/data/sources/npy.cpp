// npy: NumPy arrays.  The first axis counts the rows.  The other axes are the shape of an example, with the channels last.
#include "data/sources/arrays.hpp"
#include "data/sources/members.hpp"

namespace normrun::data::sources {

config::FamilyMember npy() {
  return {"npy", "feature and label arrays saved by numpy.save; whole numbers are classes, floating ones numbers to predict",
          "NumPy format 1.0 to 3.0 (NEP 1)", [] { return std::make_shared<ArraySource>(ArraySource::Format::kNpy); }};
}

}  // namespace normrun::data::sources
