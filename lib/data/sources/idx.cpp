// idx: the format of MNIST, plain or gzip.  Grey images have shape (height, width, 1).
#include "data/sources/arrays.hpp"
#include "data/sources/members.hpp"

namespace normrun::data::sources {

config::FamilyMember idx() {
  return {"idx", "image and label files in IDX format, plain or gzip; scale is 1/255 unless given",
          "LeCun, Cortes and Burges, the MNIST database", [] { return std::make_shared<ArraySource>(ArraySource::Format::kIdx); }};
}

}  // namespace normrun::data::sources
