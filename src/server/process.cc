#include "server/process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

}  // namespace basalt
