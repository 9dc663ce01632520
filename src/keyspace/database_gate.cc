#include "keyspace/database_gate.h"

#include <chrono>
#include <thread>

namespace basalt {
namespace {

constexpr int kSpins = 64;

}  // namespace

// Both sides announce themselves first and look at the other side second, in one total order (seq_cst):
// a share and a closed gate cannot miss each other.
bool DatabaseGate::try_enter(uint32_t place) {
  auto& shares = places_[place % kPlaces].shares;
  shares.fetch_add(1);
  if (closed_.load() == 0) return true;
  shares.fetch_sub(1);
  return false;
}

void DatabaseGate::enter(uint32_t place) {
  while (!try_enter(place)) closed_.wait(1);
}

void DatabaseGate::leave(uint32_t place) { places_[place % kPlaces].shares.fetch_sub(1); }

bool DatabaseGate::only_share(std::optional<uint32_t> own) const {
  for (uint32_t i = 0; i < kPlaces; ++i) {
    const uint32_t expected = own && *own % kPlaces == i ? 1 : 0;
    if (places_[i].shares.load() != expected) return false;
  }
  return true;
}

bool DatabaseGate::try_close(std::optional<uint32_t> own) {
  uint32_t seen = 0;
  if (!closed_.compare_exchange_strong(seen, 1)) return false;
  for (int i = 0; i < kSpins; ++i) {
    if (only_share(own)) return true;
    __builtin_ia32_pause();
  }
  open();
  return false;
}

bool DatabaseGate::close(std::optional<uint32_t> own) {
  uint32_t seen = 0;
  while (!closed_.compare_exchange_strong(seen, 1)) {
    if (own) return false;
    closed_.wait(1);
    seen = 0;
  }
  // Rare, and the others are about to finish: looking again is cheaper than having every release signal.
  while (!only_share(own)) std::this_thread::sleep_for(std::chrono::microseconds(20));
  return true;
}

void DatabaseGate::open() {
  closed_.store(0);
  closed_.notify_all();
}

}  // namespace basalt
