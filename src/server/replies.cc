#include "server/replies.h"

#include "resp/reply.h"

namespace basalt {

void Replies::append(Replies&& more) {
  const size_t offset = bytes.size();
  for (auto [begin, end] : more.acknowledgements) acknowledgements.emplace_back(offset + begin, offset + end);
  bytes += more.bytes;
  more.clear();
}

void Replies::fail(std::string_view error) {
  std::string rewritten;
  size_t copied = 0;
  for (auto [begin, end] : acknowledgements) {
    rewritten.append(bytes, copied, begin - copied);
    if (end > begin) Reply(rewritten, Protocol::resp2).error(error);  // an error looks the same in both
    copied = end;
  }
  rewritten.append(bytes, copied);
  bytes = std::move(rewritten);
  acknowledgements.clear();
}

void Replies::clear() {
  bytes.clear();
  acknowledgements.clear();
}

}  // namespace basalt
