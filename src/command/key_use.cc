#include "command/key_use.h"

#include <algorithm>

#include "base/bytes.h"

namespace basalt {

namespace {

bool set_has_get(const Args& args) {
  return args.size() > 3 &&
         std::any_of(args.begin() + 3, args.end(), [](std::string_view arg) { return equals_ignore_case(arg, "get"); });
}

// BITFIELD of GETs alone; with what is no operation at all the worst is assumed.
bool bitfield_only_reads(const Args& args) {
  for (size_t i = 2; i < args.size();) {
    const size_t more = args.size() - i - 1;
    if (equals_ignore_case(args[i], "get") && more >= 2) i += 3;
    else if (equals_ignore_case(args[i], "overflow") && more >= 1) i += 2;
    else return false;
  }
  return true;
}

}  // namespace

KeyUse key_use_of_call(const CommandSpec& spec, const Args& args, size_t ordinal) {
  const KeyUse use = key_use_of(spec, ordinal);
  if (use.find("variable_flags") == KeyUse::npos) return use;
  if (spec.name == "set") return set_has_get(args) ? "RW access update" : "OW update";
  if (spec.name == "bitfield") return bitfield_only_reads(args) ? "RO access" : "RW access update";
  return use;
}

}  // namespace basalt
