// Numbers to and from text, exactly as Redis reads and prints them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace basalt {

/// Redis's string2ll: optional '-', no leading zeros, no spaces, no '+', within int64.
std::optional<int64_t> parse_int64(std::string_view s);
/// Redis's string2ull (stream ids): what parse_int64 takes if not negative, or else what C's strtoull
/// takes as a whole (so leading spaces, zeros and a sign pass), within uint64.
std::optional<uint64_t> parse_uint64(std::string_view s);
/// A cursor as the SCAN family reads it, by C's strtoul: no leading space; "" is 0, "-1" is 2^64 - 1.
std::optional<uint64_t> parse_scan_cursor(std::string_view s);
/// Redis's getDoubleFromObject: strtod over the whole string, no leading space, no NaN, and
/// overflow, to infinity or to zero, refused. "inf", "-inf", "+inf", "infinity" and hexadecimal are accepted.
std::optional<double> parse_double(std::string_view s);
/// The same for long double (INCRBYFLOAT, HINCRBYFLOAT).
std::optional<long double> parse_long_double(std::string_view s);

/// Decimal digits into `out` (at least 21 bytes); returns the length.
size_t format_int64(char* out, int64_t v);
size_t format_uint64(char* out, uint64_t v);
std::string int64_to_string(int64_t v);
/// A score as Redis 7.0 replies with it: %.17g, so whole numbers below 1e17 have no exponent; "inf",
/// "-inf", "nan" whatever its sign, "-0" for negative zero as Redis prints it.
std::string double_to_string(double v);
/// Redis's "human friendly" long double (INCRBYFLOAT): %.17Lf without trailing zeros; "inf"/"-inf"
/// are the caller's to refuse.
std::string long_double_to_string(long double v);
/// A memory size as redis.conf writes it: 1k = 1000, 1kb = 1024, m mb g gb likewise, b, or a bare number;
/// no digits are 0. Past 2^64 it is refused, where Redis wraps around.
std::optional<uint64_t> parse_memory(std::string_view s);
/// Bytes for people, as INFO's *_human fields print them ("1.50M", "512B").
std::string human_bytes(uint64_t bytes);

}  // namespace basalt
