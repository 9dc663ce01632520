#include "server/authentication.h"

#include <algorithm>

#include "server/config/config.h"
#include "server/server.h"

namespace basalt {

namespace {
// Takes as long whatever the first difference.
bool equals_in_constant_time(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() != b.size();
  for (size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ (b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}
}  // namespace

Result<void> authenticate(Session& session, std::string_view user, std::string_view password) {
  const std::string expected = session.server().config().settings().requirepass.get();
  if (user != "default" || (!expected.empty() && !equals_in_constant_time(password, expected)))
    return fail("WRONGPASS invalid username-password pair or user is disabled.");
  session.authenticated = true;
  session.user = user;
  return {};
}

bool user_exists(Server&, std::string_view user) { return user == "default"; }

Result<void> check_client_name(std::string_view name) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
  if (!good) return fail("ERR Client names cannot contain spaces, newlines or special characters.");
  return {};
}

void set_client_name(Session& session, std::string_view name) {
  std::lock_guard lock(session.shared.mutex);
  session.shared.name = name;
}

}  // namespace basalt
