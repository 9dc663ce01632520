#include "server/client_info.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "server/acl/user.h"
#include "server/server.h"
#include "server/transaction.h"

namespace basalt {

namespace {
// As Redis counts: a first buffer, and a list of blocks behind it.
constexpr uint64_t kOutputBlock = 16 * 1024;

// 'S', 'M', 'r' and 'u' are never: there are no replicas, no cluster, and an unblocked client goes on at once.
std::string flags_of(Server& server, Session::Shared& shared, bool unix_socket) {
  bool dirty = false;
  if (shared.watched > 0) {
    std::lock_guard lock(shared.mutex);
    const auto& watch = shared.watch_flags;
    dirty = watch && (watch->changed || watch->replaced);
  }
  const int64_t redirect = shared.redirect;
  std::string flags;
  if (shared.monitor) flags += 'O';
  if (shared.channels + shared.patterns + shared.shard_channels > 0) flags += 'P';
  if (shared.queued >= 0) flags += 'x';
  if (shared.blocked) flags += 'b';
  if (shared.tracking) flags += 't';
  if (redirect > 0 && server.tracking().redirect_is_broken(static_cast<uint64_t>(redirect))) flags += 'R';
  if (shared.broadcast) flags += 'B';
  if (dirty) flags += 'd';
  if (shared.closing_after_reply) flags += 'c';
  if (shared.closing) flags += 'A';
  if (unix_socket) flags += 'U';
  if (shared.no_evict) flags += 'e';
  return flags.empty() ? "N" : flags;
}
}  // namespace

size_t bytes_of(const Args& args) {
  size_t bytes = 0;
  for (std::string_view argument : args) bytes += argument.size();
  return bytes;
}

uint64_t memory_of(const Session& session) {
  const auto& shared = session.shared;
  return sizeof(Session) + shared.query_buffer + shared.query_buffer_free + shared.argument_bytes +
         shared.queued_bytes + shared.name_bytes + std::max<uint64_t>(shared.reply_buffers, shared.pending_output);
}

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
  const uint64_t query_bytes = shared.query_buffer, query_free = shared.query_buffer_free;
  const uint64_t argument_bytes = shared.argument_bytes, queued_bytes = shared.queued_bytes;
  const uint64_t pending = shared.pending_output, reply_buffers = shared.reply_buffers;
  const uint64_t first = std::min(pending, kOutputBlock), more = pending - first;
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} qbuf={} "
      "qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={} user={} "
      "redir={} resp={}{}",
      session.id, session.peer_address, session.local_address, shared.fd.load(), name,
      (now_ms - shared.created_ms.load()) / 1000, (now_ms - shared.last_active_ms.load()) / 1000,
      flags_of(server, shared, session.unix_socket), shared.db.load(), shared.channels.load(), shared.patterns.load(),
      shared.shard_channels.load(), shared.queued.load(), query_bytes, query_free, argument_bytes, queued_bytes,
      reply_buffers, shared.largest_replies.load(), first, (more + kOutputBlock - 1) / kOutputBlock, more,
      memory_of(session), pending > 0 ? "rw" : "r",
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
