#include "base/random.h"

#include <glog/logging.h>
#include <sys/random.h>

#include <cerrno>
#include <random>

namespace basalt {

namespace {

void fill_from_kernel(void* out, size_t size) {
  auto* p = static_cast<char*>(out);
  while (size > 0) {
    ssize_t got = getrandom(p, size, 0);
    if (got < 0 && errno == EINTR) continue;
    PCHECK(got > 0) << "getrandom";
    p += got;
    size -= static_cast<size_t>(got);
  }
}

std::mt19937_64 seeded_generator() {
  uint32_t seed[16];
  fill_from_kernel(seed, sizeof seed);
  std::seed_seq sequence(std::begin(seed), std::end(seed));
  return std::mt19937_64(sequence);
}

}  // namespace

uint64_t random_u64() {
  thread_local std::mt19937_64 generator = seeded_generator();
  return generator();
}

// D. Lemire, "Fast Random Integer Generation in an Interval" (2019): the high half of a product;
// the few low halves that would favour some results are drawn again.
uint64_t random_below(uint64_t n) {
  DCHECK_GT(n, 0u);
  auto product = static_cast<unsigned __int128>(random_u64()) * n;
  if (static_cast<uint64_t>(product) < n) {
    uint64_t unfair = -n % n;
    while (static_cast<uint64_t>(product) < unfair) {
      product = static_cast<unsigned __int128>(random_u64()) * n;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

std::string random_hex(size_t bytes) {
  std::string raw(bytes, '\0');
  fill_from_kernel(raw.data(), raw.size());
  std::string hex;
  hex.reserve(bytes * 2);
  for (unsigned char byte : raw) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
}

}  // namespace basalt
