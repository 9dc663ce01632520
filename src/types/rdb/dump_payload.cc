#include "types/rdb/dump_payload.h"

#include "base/hash.h"
#include "types/rdb/encoded_integer.h"
#include "types/rdb/rdb_format.h"

namespace basalt::rdb {

namespace {

constexpr size_t kVersionBytes = 2;
constexpr size_t kChecksumBytes = 8;

bool is_sealed(std::string_view payload) {
  if (payload.size() < kVersionBytes + kChecksumBytes) return false;
  const std::string_view checked = payload.substr(0, payload.size() - kChecksumBytes);
  return load_little_endian(checked.substr(checked.size() - kVersionBytes)) <= kNewestVersionRead &&
         load_little_endian(payload.substr(checked.size())) == crc64(0, checked);
}

}  // namespace

void seal_payload(std::string& payload, uint16_t version) {
  append_little_endian(payload, version, kVersionBytes);
  append_little_endian(payload, crc64(0, payload), kChecksumBytes);
}

Result<void> read_payload(std::string_view payload, ValueSink& sink) {
  if (!is_sealed(payload)) return fail("ERR DUMP payload version or checksum are wrong");
  StringSource source(payload.substr(0, payload.size() - kVersionBytes - kChecksumBytes));
  RdbReader in(source);
  const uint8_t type = TRY(in.byte());
  TRY(read_value(in, type, sink));
  return source.empty() ? Result<void>() : bad_format();
}

}  // namespace basalt::rdb
