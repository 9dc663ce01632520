#include "server/waiting_clients.h"

#include <algorithm>
#include <deque>

#include "base/clock.h"
#include "command/call.h"
#include "command/error_text.h"
#include "server/dispatcher.h"
#include "server/server.h"
#include "server/stats.h"

namespace basalt {

namespace {

std::string key_id(const Key& key) {
  std::string id;
  append_be(id, key.db);
  id.append(key.name);
  return id;
}

std::string_view key_name(std::string_view id) { return id.substr(sizeof(Key::db)); }

// Whether it may have brought what somebody waits for. Redis does not look at its blocked clients for what only takes
// entries away from a stream.
bool may_bring(const Touch& touch) {
  return touch.modified && !touch.whole_database && touch.event != "xdel" && touch.event != "xtrim";
}

std::string timeout_reply(const Waiter& waiter) {
  std::string out;
  Reply reply(out, waiter.protocol);
  if (waiter.outcome.on_timeout == Outcome::OnTimeout::null_array) reply.null_array();
  else reply.null();
  return out;
}

}  // namespace

Waiter::Waiter(const std::shared_ptr<Session>& session, CommandTable::Match match, const Args& args, Outcome outcome)
    : session(session),
      client_id(session->id),
      command(match, args),
      db(session->db),
      protocol(session->protocol),
      outcome(outcome),
      since_us(monotonic_us()) {}

void WaitingClients::add(std::shared_ptr<Waiter> waiter, std::span<const Key> keys) {
  std::lock_guard lock(mutex_);
  for (const Key& key : keys) {
    std::string id = key_id(key);
    if (std::find(waiter->keys.begin(), waiter->keys.end(), id) != waiter->keys.end()) continue;
    by_key_[id].push_back(waiter);
    waiter->keys.push_back(std::move(id));
  }
  by_client_[waiter->client_id] = waiter;
  count_.store(by_client_.size());
}

void WaitingClients::remove(const Waiter& waiter) {
  std::lock_guard lock(mutex_);
  for (const std::string& id : waiter.keys) {
    auto it = by_key_.find(id);
    if (it == by_key_.end()) continue;
    it->second.remove_if([&](const auto& other) { return other.get() == &waiter; });
    if (it->second.empty()) by_key_.erase(it);
  }
  auto it = by_client_.find(waiter.client_id);
  if (it != by_client_.end() && it->second.get() == &waiter) by_client_.erase(it);
  count_.store(by_client_.size());
}

std::vector<std::shared_ptr<Waiter>> WaitingClients::waiters_of(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto it = by_key_.find(id);
  if (it == by_key_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

std::vector<std::shared_ptr<Waiter>> WaitingClients::waiters_in(uint16_t db) const {
  std::vector<std::shared_ptr<Waiter>> waiters;
  std::lock_guard lock(mutex_);
  for (const auto& [id, waiter] : by_client_)
    if (waiter->db == db) waiters.push_back(waiter);
  return waiters;
}

void WaitingClients::committed(Txn& txn, std::span<const Touch> touches) {
  if (count() == 0) return;
  // A served command may itself touch keys that others wait for (BLMOVE): they queue up here, behind
  // the keys that are being served, instead of recursing.
  static thread_local std::deque<std::string>* serving = nullptr;
  std::deque<std::string> own;
  std::deque<std::string>& ready = serving ? *serving : own;
  for (const Touch& touch : touches)
    if (may_bring(touch)) ready.push_back(key_id(touch.key));
  // SWAPDB may bring what somebody waits for. The databases are the Txn's alone until it ends: the pool serves.
  for (const Touch& touch : touches)
    if (touch.modified && touch.whole_database)
      for (auto& waiter : waiters_in(touch.key.db)) serve_on_pool(std::move(waiter));
  if (serving) return;

  serving = &own;
  while (!ready.empty()) {
    const std::string id = std::move(ready.front());
    ready.pop_front();
    // Commands that found nothing, where another client's would find nothing either.
    std::vector<const CommandSpec*> unserved;
    for (const auto& waiter : waiters_of(id)) {
      const CommandSpec* spec = waiter->command.match().spec;
      if (std::find(unserved.begin(), unserved.end(), spec) != unserved.end()) continue;
      if (!serve(waiter, id, txn) && !waiter->outcome.each_for_itself) unserved.push_back(spec);
    }
  }
  serving = nullptr;
}

bool WaitingClients::serve(const std::shared_ptr<Waiter>& waiter, const std::string& key_id, Txn& lender) {
  Attempt attempted;
  {
    std::unique_lock lock(waiter->mutex, std::try_to_lock);
    if (!lock) {
      waiter->missed = true;
      if (!lock.try_lock()) return true;
    }
    if (waiter->is_over()) return true;
    attempted = attempt(*waiter, key_id, &lender);
  }
  // The disk, or a lock on another key, is in the way: the pool tries again once our locks are free.
  if (attempted == Attempt::would_block) serve_on_pool(waiter);
  else serve_if_missed(waiter);
  return attempted != Attempt::nothing_there;
}

void WaitingClients::serve_on_pool(std::shared_ptr<Waiter> waiter) {
  server_.pool().submit([this, waiter = std::move(waiter)](unsigned) {
    {
      std::lock_guard lock(waiter->mutex);
      for (const std::string& key_id : waiter->keys) {
        if (waiter->is_over()) return;
        if (attempt(*waiter, key_id, nullptr) == Attempt::would_block) waiter->missed = true;
      }
    }
    serve_if_missed(waiter);
  });
}

void WaitingClients::serve_if_missed(const std::shared_ptr<Waiter>& waiter) {
  if (waiter->missed.exchange(false)) serve_on_pool(waiter);
}

WaitingClients::Attempt WaitingClients::attempt(Waiter& waiter, const std::string& key_id, Txn* lender) {
  std::string out;
  Reply reply(out, waiter.protocol);
  Txn txn(server_.keyspace(), lender ? lender->access() : Access::blocking);
  if (lender) txn.borrow_locks(*lender);
  txn.set_origin(waiter.client_id);
  auto outcome = server_.dispatcher().call(nullptr, *waiter.command.match().spec, waiter.command.args(), waiter.db, txn,
                                           reply, true, key_name(key_id));
  if (outcome && outcome->kind == Outcome::Kind::wait) return Attempt::nothing_there;
  if (outcome)
    if (auto committed = txn.commit(); !committed) outcome = tl::unexpected(committed.error());
  if (!outcome && outcome.error().would_block()) return Attempt::would_block;
  if (!outcome) {
    out.clear();
    reply.error(error_text(outcome.error()));
  }
  waiter.over = true;
  remove(waiter);
  if (auto session = waiter.session.lock())
    if (auto transport = session->transport()) transport->resume(std::move(out));
  return Attempt::served;
}

WaitingClients::Ended WaitingClients::end(uint64_t client_id, std::string reply) {
  std::shared_ptr<Waiter> waiter;
  {
    std::lock_guard lock(mutex_);
    auto it = by_client_.find(client_id);
    if (it == by_client_.end()) return Ended::no;
    waiter = it->second;
  }
  std::unique_lock lock(waiter->mutex, std::try_to_lock);
  if (!lock) return Ended::busy;
  if (waiter->is_over()) return Ended::no;
  waiter->over = true;
  remove(*waiter);
  if (reply.empty()) reply = timeout_reply(*waiter);
  if (auto session = waiter->session.lock())
    if (auto transport = session->transport()) transport->resume(std::move(reply));
  return Ended::yes;
}

WaitingClients::Ended WaitingClients::time_out(uint64_t client_id) { return end(client_id, ""); }

WaitingClients::Ended WaitingClients::unblock_with_error(uint64_t client_id) {
  return end(client_id, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
}

void WaitingClients::forget(uint64_t client_id) {
  std::shared_ptr<Waiter> waiter;
  {
    std::lock_guard lock(mutex_);
    auto it = by_client_.find(client_id);
    if (it == by_client_.end()) return;
    waiter = it->second;
  }
  // Without the waiter's mutex (it may be served on a waiting thread right now): out of the registry it
  // is found no more, and a reply to a connection that is gone goes nowhere.
  remove(*waiter);
}

}  // namespace basalt
