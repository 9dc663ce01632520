// Cutting text at a character.
#pragma once

#include <string_view>
#include <vector>

namespace basalt {

/// The parts between the separators, empty ones too: never fewer than one part.
std::vector<std::string_view> split(std::string_view text, char separator);
/// The parts that are not empty.
std::vector<std::string_view> split_nonempty(std::string_view text, char separator);
/// Without spaces, tabs and line ends at both ends.
std::string_view strip_blanks(std::string_view text);

}  // namespace basalt
