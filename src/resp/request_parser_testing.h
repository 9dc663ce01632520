// Plays a stream of bytes to a RequestParser as a connection would, for the unit test and the fuzzer.
#pragma once

#include <glog/logging.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resp/request_parser.h"

namespace basalt {

/// All that a stream came to. Two ways to cut the same stream must give equal transcripts.
struct Transcript {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  size_t consumed = 0;

  bool operator==(const Transcript&) const = default;
};

/// Gives the parser `pieces` one after the other, every time in memory of its own, so that views into
/// an older buffer are caught by AddressSanitizer. CHECKs what parse() promises at each step.
inline Transcript play(const std::vector<std::string_view>& pieces, const RequestParser::Limits& limits = {}) {
  Transcript transcript;
  RequestParser parser;
  Args args;
  std::string pending;
  for (std::string_view piece : pieces) {
    pending += piece;
    while (true) {
      std::unique_ptr<char[]> copy(new char[pending.size()]);
      pending.copy(copy.get(), pending.size());
      std::string_view buffer(copy.get(), pending.size());
      size_t consumed = 0;
      auto status = parser.parse(buffer, limits, args, consumed);
      if (status == RequestParser::Status::error) {
        CHECK(parser.error().starts_with("ERR Protocol error: ")) << parser.error();
        transcript.error = parser.error();
        return transcript;
      }
      if (status == RequestParser::Status::incomplete) break;
      CHECK_GT(consumed, 0u);
      CHECK_LE(consumed, buffer.size());
      CHECK_EQ(parser.bytes_wanted(), 0u);
      CHECK_EQ(args.empty(), status == RequestParser::Status::empty);
      bool array = buffer[0] == '*';
      if (!args.empty()) {
        auto& words = transcript.commands.emplace_back();
        for (std::string_view arg : args) {
          bool inside = arg.data() >= buffer.data() && arg.data() + arg.size() <= buffer.data() + consumed;
          CHECK(inside || !array) << "an argument outside its command";
          words.emplace_back(arg);
        }
      }
      pending.erase(0, consumed);
      transcript.consumed += consumed;
    }
  }
  return transcript;
}

}  // namespace basalt
