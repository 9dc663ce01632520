#include "server/authentication.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/client_info.h"
#include "server/server.h"
#include "server/transaction.h"
#include "types/sort/sort_options.h"

namespace basalt {

namespace {

std::string_view context_of(const Session& session) {
  const TransactionState* transaction = session.transaction.get();
  return transaction && (transaction->active || !transaction->queue.empty()) ? "multi" : "toplevel";
}

void log_refused(Session& session, DenialReason reason, std::string_view object, std::string_view user) {
  Acl& acl = session.server().acl();
  acl.log().add({reason, context_of(session), std::string(object), std::string(user), session.server().clock().now_ms(),
                 describe_client(session.server(), session)},
                acl.max_log_entries());
}

std::shared_ptr<User> user_of(Session& session) {
  std::lock_guard lock(session.shared.mutex);
  return session.shared.user;
}

void disconnect(Server& server, Session& session, Session& caller) {
  if (&session == &caller) caller.close_after_reply = true;
  else server.clients().disconnect(session);
}

}  // namespace

Result<void> authenticate(Session& session, std::string_view command, std::string_view name,
                          std::string_view password) {
  const auto user = session.server().acl().find(name);
  const auto rules = user ? user->rules() : nullptr;
  if (rules && rules->on() && rules->accepts(password)) {
    const Session::Undo undo(session);
    session.become(user, true);
    // Removed meanwhile: whoever removed it may have looked at this session too early to see it.
    if (!user->removed()) return {};
    undo.restore();
  }
  log_refused(session, DenialReason::auth, command, name);
  return fail("WRONGPASS invalid username-password pair or user is disabled.");
}

std::string denial_text(const Denial& denial, std::string_view full_name) {
  constexpr std::string_view kStart = "NOPERM this user has no permissions to ";
  if (denial.reason == DenialReason::command) return fmt::format("{}run the '{}' command", kStart, full_name);
  return fmt::format("{}access one of the {} used as arguments", kStart,
                     denial.reason == DenialReason::key ? "keys" : "channels");
}

Result<void> check_unnamed_keys(Session& session, const CommandSpec& spec, const Args& args) {
  if (spec.name != "sort" && spec.name != "sort_ro") return {};
  const auto option = sort_option_with_other_keys(args);
  const auto match = session.server().commands().match(args);
  if (!option || session.user_rules().permits_all_keys(match, args, kReadsKey)) return {};
  return fail(fmt::format("ERR {} option of SORT denied due to insufficient ACL permissions.", *option));
}

void log_denial(Session& session, const Denial& denial, const CommandTable::Match& match, const Args& args) {
  const std::string_view object = denial.reason == DenialReason::command
                                      ? session.server().commands().full_name(match.index)
                                      : args[static_cast<size_t>(denial.argument)];
  log_refused(session, denial.reason, object, session.user()->name());
}

void disconnect_users(Server& server, const std::vector<std::shared_ptr<User>>& users, Session& caller) {
  for (const auto& session : server.clients().all())
    if (std::find(users.begin(), users.end(), user_of(*session)) != users.end()) disconnect(server, *session, caller);
}

// As Redis: the channels of all selectors count together.
void disconnect_subscribers(Server& server, const Acl::Change& change, Session& caller) {
  if (!change.before) return;
  const auto now = change.user->rules();
  std::vector<std::string> granted;
  for (const Selector& selector : now->selectors()) {
    if (selector.permits_all_channels()) return;
    granted.insert(granted.end(), selector.channels().begin(), selector.channels().end());
  }
  const auto before = change.before->selectors();
  const bool nothing_lost = std::all_of(before.begin(), before.end(), [&granted](const Selector& selector) {
    return !selector.permits_all_channels() &&
           std::all_of(selector.channels().begin(), selector.channels().end(), [&granted](const std::string& channel) {
             return std::find(granted.begin(), granted.end(), channel) != granted.end();
           });
  });
  if (nothing_lost) return;
  const auto subscriptions = server.pubsub().all();
  std::vector<Session*> lost;
  for (const auto& [kind, name, session] : subscriptions) {
    const bool is_pattern = kind == SubscriptionKind::pattern;
    const bool granted_still =
        std::any_of(now->selectors().begin(), now->selectors().end(),
                    [&](const Selector& selector) { return selector.permits_channel(name, is_pattern); });
    if (!granted_still && user_of(*session) == change.user) lost.push_back(session.get());
  }
  // From here on no message reaches them; their connections end when their threads get to it.
  for (const auto& [kind, name, session] : subscriptions) {
    if (std::find(lost.begin(), lost.end(), session.get()) == lost.end()) continue;
    server.pubsub().unsubscribe(kind, name, session->id);
    disconnect(server, *session, caller);
  }
}

Result<void> check_client_name(std::string_view name) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
  if (!good) return fail("ERR Client names cannot contain spaces, newlines or special characters.");
  return {};
}

void set_client_name(Session& session, std::string_view name) {
  std::lock_guard lock(session.shared.mutex);
  session.shared.name = name;
}

}  // namespace basalt
