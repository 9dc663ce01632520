#include "server/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <glog/logging.h>

namespace basalt {

Checked<void> go_to_background() {
  constexpr int kStayInDirectory = 1, kKeepStreams = 1;
  if (::daemon(kStayInDirectory, kKeepStreams) == 0) return {};
  return tl::unexpected(fmt::format("cannot go to the background: {}", std::strerror(errno)));
}

void leave_terminal() {
  int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, stream);
  ::close(nothing);
}

Checked<void> PidFile::write(const std::string& path) {
  if (path.empty()) return {};
  std::ofstream file(path);
  file << ::getpid() << '\n';
  if (!file.flush()) return tl::unexpected(fmt::format("pidfile {}: cannot write it: {}", path, std::strerror(errno)));
  path_ = std::filesystem::absolute(path).string();
  return {};
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void tell_service_manager(Supervised supervised, std::string_view state) {
  if (supervised == Supervised::no) return;
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || !*path) {
    LOG_IF(WARNING, supervised == Supervised::systemd) << "supervised systemd: there is no NOTIFY_SOCKET to tell";
    return;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view name = path;
  if (name.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // Linux's abstract names
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::sendto(socket, state.data(), state.size(), 0, reinterpret_cast<sockaddr*>(&address), size) < 0) {
    LOG(WARNING) << "Cannot tell the service manager " << state << ": " << std::strerror(errno);
  }
  ::close(socket);
}

void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

OpenFilePlan plan_open_files(int64_t wanted_clients) {
  constexpr int64_t kOwnFiles = 64;  // listeners, logs, event queues
  constexpr int64_t kEnoughForAll = 200'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {-1, kUintMax};
  auto files = static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, kUintMax));
  if (files >= kEnoughForAll) return {-1, files / 2};
  // A table that is not open costs a read: the store gets a quarter at least, and half if clients leave it.
  int64_t store = std::max(std::min(files / 2, files - kOwnFiles - wanted_clients), files / 4);
  return {static_cast<int>(store), std::max<int64_t>(files - kOwnFiles - store, 1)};
}

}  // namespace basalt
