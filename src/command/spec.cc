#include "command/spec.h"

namespace basalt {

KeyUse key_use_of(const CommandSpec& spec, size_t ordinal) {
  KeyUse rest = spec.key_use;
  for (; ordinal > 0; --ordinal) {
    const size_t end = rest.find(';');
    if (end == KeyUse::npos) break;
    rest.remove_prefix(end + 1);
  }
  return rest.substr(0, rest.find(';'));
}

void find_keys(const CommandSpec& spec, const Args& args, std::vector<int>& positions) {
  const KeyPositions& keys = spec.keys;
  if (keys.find != nullptr) {
    keys.find(args, positions);
    return;
  }
  if (keys.first == 0) return;
  const int argc = static_cast<int>(args.size());
  const int last = keys.last < 0 ? argc + keys.last : keys.last;
  for (int i = keys.first; i <= last && i < argc; i += keys.step) positions.push_back(i);
}

}  // namespace basalt
