#include "types/rdb/value_skipper.h"

#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

Result<void> skip_part(RdbReader& in, uint64_t part) {
  switch (static_cast<ModulePart>(part)) {
    case ModulePart::signed_integer:
    case ModulePart::integer: TRY(in.length()); return {};
    case ModulePart::float32:
      for (int i = 0; i < 4; ++i) TRY(in.byte());
      return {};
    case ModulePart::float64: TRY(in.fixed64()); return {};
    case ModulePart::string: TRY(in.string()); return {};
    case ModulePart::end: break;
  }
  return bad_format();
}

}  // namespace

Result<void> skip_module_parts(RdbReader& in) {
  while (true) {
    const uint64_t part = TRY(in.length());
    if (part == static_cast<uint64_t>(ModulePart::end)) return {};
    if (part > static_cast<uint64_t>(ModulePart::string)) return bad_format();
    TRY(skip_part(in, part));
  }
}

}  // namespace basalt::rdb
