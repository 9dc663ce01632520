#include "command/call.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/number.h"

namespace basalt {

bool Call::arg_is(size_t i, std::string_view word) const { return equals_ignore_case(args[i], word); }

Result<int64_t> Call::integer(size_t i, std::string_view error) const {
  auto value = parse_int64(args[i]);
  if (!value) return fail(std::string(error));
  return *value;
}

Result<double> Call::number(size_t i, std::string_view error) const {
  auto value = parse_double(args[i]);
  if (!value) return fail(std::string(error));
  return *value;
}

tl::unexpected<Error> wrong_arity(const CommandSpec& spec, std::string_view container) {
  if (container.empty()) return fail(fmt::format("ERR wrong number of arguments for '{}' command", spec.name));
  return fail(fmt::format("ERR wrong number of arguments for '{}|{}' command", container, spec.name));
}

}  // namespace basalt
