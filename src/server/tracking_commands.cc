// CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: rows of CLIENT (client_commands.cc).
#include "server/tracking_commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "command/call.h"
#include "server/server.h"
#include "server/tracking.h"

namespace basalt {

namespace {

Result<TrackingOptions> parse_options(Call& call) {
  TrackingOptions options;
  for (size_t i = 3; i < call.argc(); ++i) {
    const bool more = i + 1 < call.argc();
    if (call.arg_is(i, "redirect") && more) {
      if (options.redirect != 0) return fail("ERR A client can only redirect to a single other client");
      const int64_t id = TRY(call.integer(++i));
      if (!call.session->server().clients().find(static_cast<uint64_t>(id)))
        return fail("ERR The client ID you want redirect to does not exist");
      options.redirect = static_cast<uint64_t>(id);
    } else if (call.arg_is(i, "prefix") && more) {
      options.prefixes.emplace_back(call.arg(++i));
    } else if (call.arg_is(i, "bcast")) {
      options.broadcast = true;
    } else if (call.arg_is(i, "optin")) {
      options.opt_in = true;
    } else if (call.arg_is(i, "optout")) {
      options.opt_out = true;
    } else if (call.arg_is(i, "noloop")) {
      options.no_loop = true;
    } else {
      return syntax_error();
    }
  }
  return options;
}

bool overlap(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

Result<void> check_prefixes(const std::vector<std::string>& existing, const std::vector<std::string>& added) {
  constexpr std::string_view kRule = "Prefixes for a single client must not overlap.";
  for (size_t i = 0; i < added.size(); ++i) {
    for (const std::string& other : existing)
      if (overlap(added[i], other))
        return fail(fmt::format("ERR Prefix '{}' overlaps with an existing prefix '{}'. {}", added[i], other, kRule));
    for (size_t j = i + 1; j < added.size(); ++j)
      if (overlap(added[i], added[j]))
        return fail(
            fmt::format("ERR Prefix '{}' overlaps with another provided prefix '{}'. {}", added[i], added[j], kRule));
  }
  return {};
}

Result<void> check_options(const TrackingOptions* now, const TrackingOptions& wanted) {
  constexpr std::string_view kSwitch =
      "before disabling tracking for this client, and then re-enabling it with a different mode.";
  if (!wanted.broadcast && !wanted.prefixes.empty()) return fail("ERR PREFIX option requires BCAST mode to be enabled");
  if (now && now->broadcast != wanted.broadcast)
    return fail(fmt::format("ERR You can't switch BCAST mode on/off {}", kSwitch));
  if (wanted.broadcast && (wanted.opt_in || wanted.opt_out))
    return fail("ERR OPTIN and OPTOUT are not compatible with BCAST");
  if (wanted.opt_in && wanted.opt_out) return fail("ERR You can't specify both OPTIN mode and OPTOUT mode");
  if (now && ((wanted.opt_in && now->opt_out) || (wanted.opt_out && now->opt_in)))
    return fail(fmt::format("ERR You can't switch OPTIN/OPTOUT mode {}", kSwitch));
  static const std::vector<std::string> kNone;
  if (wanted.broadcast) TRY(check_prefixes(now ? now->prefixes : kNone, wanted.prefixes));
  return {};
}

}  // namespace

Result<Outcome> client_tracking_command(Call& call) {
  Session& session = *call.session;
  TrackingOptions wanted = TRY(parse_options(call));
  if (call.arg_is(2, "off")) {
    session.stop_tracking();
  } else if (call.arg_is(2, "on")) {
    TRY(check_options(session.tracking.get(), wanted));
    if (wanted.broadcast) {
      if (wanted.prefixes.empty()) wanted.prefixes = {""};
      if (session.tracking)
        wanted.prefixes.insert(wanted.prefixes.end(), session.tracking->prefixes.begin(),
                               session.tracking->prefixes.end());
      std::sort(wanted.prefixes.begin(), wanted.prefixes.end());
      wanted.prefixes.erase(std::unique(wanted.prefixes.begin(), wanted.prefixes.end()), wanted.prefixes.end());
    }
    if (session.tracking)
      for (const auto& prefix : session.tracking->prefixes) session.drops_name(prefix);
    for (const auto& prefix : wanted.prefixes) session.holds_name(prefix);
    session.tracking = std::make_unique<TrackingOptions>(wanted);
    session.shared.tracking = true;
    session.shared.broadcast = wanted.broadcast;
    session.shared.redirect = static_cast<int64_t>(wanted.redirect);
    if (auto self = session.server().clients().find(session.id)) session.server().tracking().enable(self, wanted);
  } else {
    return syntax_error();
  }
  call.reply.ok();
  return kDone;
}

Result<Outcome> client_caching_command(Call& call) {
  TrackingOptions* tracking = call.session->tracking.get();
  if (!tracking)
    return fail(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
  if (call.arg_is(2, "yes")) {
    if (!tracking->opt_in) return fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  } else if (call.arg_is(2, "no")) {
    if (!tracking->opt_out) return fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  } else {
    return syntax_error();
  }
  tracking->caching = true;
  call.reply.ok();
  return kDone;
}

Result<Outcome> client_getredir_command(Call& call) {
  const TrackingOptions* tracking = call.session->tracking.get();
  call.reply.integer(tracking ? static_cast<int64_t>(tracking->redirect) : -1);
  return kDone;
}

Result<Outcome> client_trackinginfo_command(Call& call) {
  const TrackingOptions* tracking = call.session->tracking.get();
  std::vector<std::string_view> flags = {tracking ? "on" : "off"};
  if (tracking) {
    if (tracking->broadcast) flags.push_back("bcast");
    if (tracking->opt_in) flags.push_back("optin");
    if (tracking->opt_in && tracking->caching) flags.push_back("caching-yes");
    if (tracking->opt_out) flags.push_back("optout");
    if (tracking->opt_out && tracking->caching) flags.push_back("caching-no");
    if (tracking->no_loop) flags.push_back("noloop");
    if (call.session->server().tracking().redirect_is_broken(tracking->redirect)) flags.push_back("broken_redirect");
  }
  Reply& reply = call.reply;
  reply.map(3);
  reply.bulk("flags");
  reply.set(static_cast<int64_t>(flags.size()));
  for (auto flag : flags) reply.bulk(flag);
  reply.bulk("redirect");
  reply.integer(tracking ? static_cast<int64_t>(tracking->redirect) : -1);
  reply.bulk("prefixes");
  reply.array(tracking ? static_cast<int64_t>(tracking->prefixes.size()) : 0);
  if (tracking)
    for (const auto& prefix : tracking->prefixes) reply.bulk(prefix);
  return kDone;
}

}  // namespace basalt
