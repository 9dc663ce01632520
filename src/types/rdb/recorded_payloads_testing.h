// DUMP payloads of every encoding there is. Those of strings, list_quicklist_2, sets and intsets, hashes and
// zsets up to version 10 are redis-server 7.0's own; those that only older or newer servers write were made by the
// grammars in this folder's headers, and read back by redis-server 7.0 as far as it knows them.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace basalt::rdb {

struct RecordedPayload {
  std::string name;
  std::string hex;
  std::string shown_by;  ///< a command on the key k
  bool sorted;           ///< its reply has no order
  std::vector<std::string> shown;
};
inline void PrintTo(const RecordedPayload& payload, std::ostream* out) { *out << payload.name; }

inline std::string times(size_t n, std::string_view part) {
  std::string out;
  for (; n > 0; --n) out += part;
  return out;
}

inline std::string unhex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

inline std::vector<RecordedPayload> recorded_payloads() {
  // clang-format off
  return {
      {"string",
       "000568656c6c6f0a006372df766534200a",
       "GET k", false,
       {"hello"}},
      {"empty_string",
       "00000a005d9b5c400f7fa2da",
       "GET k", false,
       {""}},
      {"integer_of_one_byte",
       "00c0fb0a0049c4c6f4d7263f68",
       "GET k", false,
       {"-5"}},
      {"integer_of_two_bytes",
       "00c1e8030a0089d1478ebac4b764",
       "GET k", false,
       {"1000"}},
      {"integer_of_four_bytes",
       "00c26079feff0a00a1ca8470cc216d9d",
       "GET k", false,
       {"-100000"}},
      {"integer_as_text",
       "000b31323334353637383930310a00304e52d727176510",
       "GET k", false,
       {"12345678901"}},
      {"compressed_string",
       "00c30b405a0361626361e04b020162630a00238036f9e2d0c780",
       "GET k", false,
       {times(30, "abc")}},
      {"list_quicklist_2",
       "120102c3404b40c01fc00000000f008161020101dfff027f01c08002cfff02d00002f1001003f100800c03f2ffff7f04f200"
       "008004f3ff200a0105f420054000037f09bf78e035000340e04079e036000142ff0a00418ee0a3b109abc6",
       "LRANGE k 0 -1", false,
       {"a", "1", "-1", "127", "128", "4095", "-4096", "4096", "-32768", "8388607", "-8388608", "2147483647",
        "9223372036854775807", times(63, "x"), times(64, "y")}},
      {"list_quicklist_2_with_a_plain_node",
       "120201c30940c8017a7ae0bb00017a7a020e0e00000001008573686f727406ff0a008e90e0d33244e202",
       "LRANGE k 0 -1", false,
       {times(200, "z"), "short"}},
      {"list",
       "01030161c0050162090041c08c0ccc739134",
       "LRANGE k 0 -1", false,
       {"a", "5", "b"}},
      {"list_ziplist",
       "0a4193930100007c0100000e0000016103f102fd02fe0d03feff03fe7f03c07fff04f000800005f000008005d00000800006"
       "e000000080000000000a40407878787878787878787878787878787878787878787878787878787878787878787878787878"
       "78787878787878787878787878787878787878787878787878784340fe797979797979797979797979797979797979797979"
       "7979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979"
       "7979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979"
       "7979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979"
       "7979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979"
       "797979797979797979797979797979797979797979797979797979797979797979fe010100001061667465722061206c6f6e"
       "67206f6e65ff0600299229eacfd5b2e3",
       "LRANGE k 0 -1", false,
       {"a", "0", "12", "13", "-1", "127", "-129", "32768", "-8388608", "8388608", "2147483648", times(64, "x"),
        times(254, "y"), "after a long one"}},
      {"list_quicklist",
       "0e0210100000000d000000020000016103f2ff0e0e0000000a0000000100000162ff07009c510cb39502f6ce",
       "LRANGE k 0 -1", false,
       {"a", "1", "b"}},
      {"set",
       "02030161c00301620a00eaa41ffde2981ee0",
       "SMEMBERS k", true,
       {"3", "a", "b"}},
      {"set_intset_of_two_bytes",
       "0b0e0200000003000000fdff010002000a00d1b78ed9bc07c27f",
       "SMEMBERS k", true,
       {"-3", "1", "2"}},
      {"set_intset_of_four_bytes",
       "0b10040000000200000001000000701101000a002735436efd6656c4",
       "SMEMBERS k", true,
       {"1", "70000"}},
      {"set_intset_of_eight_bytes",
       "0b200800000003000000000efad5feffffff010000000000000000f2052a010000000a007256e3c53166ecbe",
       "SMEMBERS k", true,
       {"-5000000000", "1", "5000000000"}},
      {"set_listpack",
       "140f0f00000003008161028162020301ff0b0012019276c04c040e",
       "SMEMBERS k", true,
       {"3", "a", "b"}},
      {"zset",
       "030401610131016203322e350163ff0164fe0500773cfae755202c9a",
       "ZRANGE k 0 -1 WITHSCORES", false,
       {"c", "-inf", "a", "1", "b", "2.5", "d", "inf"}},
      {"zset_2",
       "05050164000000000000f07f01669c7500883ce4377e016200000000000004400161000000000000f03f0163000000000000"
       "f0ff0a00f849e289e84a9736",
       "ZRANGE k 0 -1 WITHSCORES", false,
       {"c", "-inf", "a", "1", "b", "2.5", "f", "1.0000000000000001e+300", "d", "inf"}},
      {"zset_ziplist",
       "0c21210000001b000000060000016303042d696e6606016103f20201620303322e35ff060022146663d16f6666",
       "ZRANGE k 0 -1 WITHSCORES", false,
       {"c", "-inf", "a", "1", "b", "2.5"}},
      {"zset_listpack",
       "112a2a0000000a00816302842d696e66058165020001816102010181620283322e350481640283696e6604ff0a00149fdd44"
       "c05bbd7b",
       "ZRANGE k 0 -1 WITHSCORES", false,
       {"c", "-inf", "e", "0", "a", "1", "b", "2.5", "d", "inf"}},
      {"hash",
       "0402016ec001016601760a002da0588e3b270d2a",
       "HGETALL k", true,
       {"1", "f", "n", "v"}},
      {"hash_zipmap",
       "0941420201660102762e2e046c6f6e67fe2c010000027a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a"
       "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a2e2eff020032213df5a925bf92",
       "HGETALL k", true,
       {"f", "long", "v", times(300, "z")}},
      {"hash_ziplist",
       "0d161600000013000000040000016603017603016e03f2ff060017f98b799c42d91b",
       "HGETALL k", true,
       {"1", "f", "n", "v"}},
      {"hash_listpack",
       "1012120000000400816602817602816e020101ff0a00fce408f17922e016",
       "HGETALL k", true,
       {"1", "f", "n", "v"}},
      {"hash_metadata",
       "1800505c18a301000003000166017601016701770b016801780c004046d7f03183225b",
       "HGETALL k", true,
       {"f", "g", "h", "v", "w", "x"}},
      {"hash_listpack_ex",
       "1900505c18a30100001f1f00000006008166028176020001816702817702f400505c18a301000009ff0c00d585bd154ad76b"
       "bc",
       "HGETALL k", true,
       {"f", "g", "v", "w"}},
      // Redis 5.0's.
      {"stream_listpacks",
       "0f011000000000000000010000000000000000c3404a405716570000002300020104010101846461746105000103010020"
       "010381610204200a0001400a0062600a0002400a0063600a4022018164200a4039200a0065600a0005400a0066200a00ff"
       "02060002026731050004000000000000000100000000000000003ef783437a010000010000000000000002000000000000"
       "00003ef783437a01000001000000000000000400000000000000003ef783437a0100000100000000000000050000000000"
       "0000003ef783437a0100000101036331313ef783437a010000040000000000000001000000000000000000000000000000"
       "02000000000000000000000000000000040000000000000000000000000000000500000000000000000267320000000009"
       "003d52ef6867521dfa",
       "XRANGE k - +", false,
       {"5-0", "data", "e", "6-0", "data", "f"}},
      {"stream_listpacks_2",
       "13021000000000000000010000000000000001404747000000190002010101020181660281670200010201000100018176"
       "0202010501030100010101817702f290eefe04050100010101dfff020101856f74686572068178020601ff100000000000"
       "0000050000000000000007c3404a406010600000000f000201000101018166020001400a04000105010420091f0401dff9"
       "02b96c6f6e672d656e6f7567682d746f2d62652d636f6d70726573730365642d61e01200033a0401ff0409000101010205"
       "020167050781ffffffffffffffff02000000000000000200000000000000000168e5cf8b01000002000000000000000500"
       "000000000000070068e5cf8b010000090305616c696365899dd4f8a1010000010000000000000002000000000000000003"
       "626f626e9dd4f8a10100000100000000000000050000000000000007056361726f6c4e9dd4f8a1010000000168090081ff"
       "ffffffffffffff00000a00c7954d5847b956e1",
       "XRANGE k - +", false,
       {"1-1", "f", "v", "g", "2", "2-0", "other", "x", "5-7", "f", "5", "9-0", "f",
        "long-enough-to-be-compressed-aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
  };
  // clang-format on
}

}  // namespace basalt::rdb
