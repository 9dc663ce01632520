#include "server/client_info.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "server/acl/user.h"
#include "server/server.h"

namespace basalt {

namespace {
std::string flags_of(const Session::Shared& shared) {
  std::string flags;
  if (shared.monitor) flags += 'O';
  if (shared.channels + shared.patterns + shared.shard_channels > 0) flags += 'P';
  if (shared.queued >= 0) flags += 'x';
  if (shared.blocked) flags += 'b';
  if (shared.tracking) flags += 't';
  if (shared.closing) flags += 'A';
  if (shared.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}
}  // namespace

std::string describe_client(Server& server, const Session& session) {
  auto& shared = const_cast<Session::Shared&>(session.shared);
  const int64_t now_ms = server.clock().now_ms();
  std::string name, library_name, library_version, user;
  {
    std::lock_guard lock(shared.mutex);
    name = shared.name;
    library_name = shared.library_name;
    library_version = shared.library_version;
    user = shared.user->name();
  }
  // Fields of Redis 7.2: shown for clients that use its CLIENT SETINFO.
  std::string library;
  if (!library_name.empty() || !library_version.empty())
    library = fmt::format(" lib-name={} lib-ver={}", library_name, library_version);
  const uint32_t command = shared.last_command.load();
  const uint64_t memory = sizeof(Session) + shared.query_buffer + shared.query_buffer_free + shared.pending_output;
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} qbuf={} "
      "qbuf-free={} argv-mem=0 multi-mem=0 rbs={} rbp={} obl=0 oll={} omem={} tot-mem={} events=r cmd={} user={} "
      "redir={} resp={}{}",
      session.id, session.peer_address, session.local_address, shared.fd.load(), name,
      (now_ms - shared.created_ms.load()) / 1000, (now_ms - shared.last_active_ms.load()) / 1000, flags_of(shared),
      shared.db.load(), shared.channels.load(), shared.patterns.load(), shared.shard_channels.load(),
      shared.queued.load(), shared.query_buffer.load(), shared.query_buffer_free.load(), 0, 0,
      shared.pending_output.load() > 0 ? 1 : 0, shared.pending_output.load(), memory,
      command == UINT32_MAX ? "NULL" : server.commands().full_name(command), user, shared.redirect.load(),
      shared.protocol.load(), library);
}

bool is_client_type(std::string_view word) {
  for (std::string_view type : {"normal", "pubsub", "master", "replica", "slave"})
    if (equals_ignore_case(word, type)) return true;
  return false;
}

bool client_has_type(const Session& session, std::string_view word) {
  const auto& shared = session.shared;
  const bool pubsub = shared.channels + shared.patterns + shared.shard_channels > 0;
  if (equals_ignore_case(word, "pubsub")) return pubsub;
  return equals_ignore_case(word, "normal") && !pubsub;
}

}  // namespace basalt
