// libFuzzer: whatever bytes arrive, the parser keeps its promises (CHECKed by play()), and a stream in
// two pieces gives what the whole stream gives.
//
// The first two bytes choose the place of the cut, the third the limits; the rest is the stream.
//   build/fuzz/bin/request_parser_fuzz -max_total_time=60 tests/fuzz/request_parser

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "resp/request_parser_testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  basalt::ByteReader input({reinterpret_cast<const char*>(data), size});
  auto cut = input.be<uint16_t>();
  auto choice = input.be<uint8_t>();
  if (!cut || !choice) return 0;

  basalt::RequestParser::Limits limits;
  limits.unauthenticated = *choice & 1;
  if (*choice & 2) limits.max_bulk_length = 16;
  if (*choice & 4) limits.max_inline_length = 32;

  std::string_view stream = input.rest();
  size_t middle = *cut % (stream.size() + 1);
  auto whole = basalt::play({stream}, limits);
  auto pieces = basalt::play({stream.substr(0, middle), stream.substr(middle)}, limits);
  CHECK(whole == pieces) << "cut at " << middle;
  CHECK_LE(whole.consumed, stream.size());
  return 0;
}
