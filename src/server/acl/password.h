// Passwords of users: kept and compared as SHA-256 in hexadecimal, as Redis writes them in ACL files.
#pragma once

#include <string>
#include <string_view>

namespace basalt {

/// 64 lower-case hexadecimal digits.
std::string hash_password(std::string_view password);
bool is_password_hash(std::string_view text);
/// Takes as long wherever the two hashes differ.
bool same_hash(std::string_view a, std::string_view b);

}  // namespace basalt
