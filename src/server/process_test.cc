#include "server/process.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "server/config/config_file.h"

namespace basalt {
namespace {

TEST(Process, ThePidFileIsRemovedAtTheEnd) {
  std::string path = testing::TempDir() + "/basalt.pid";
  {
    PidFile file;
    ASSERT_TRUE(file.write(path));
    EXPECT_EQ(read_whole_file(path).value(), std::to_string(::getpid()) + "\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  PidFile none;
  EXPECT_TRUE(none.write(""));
  EXPECT_THAT(none.write("/no/such/directory/pid").error(), testing::HasSubstr("No such file or directory"));
}

TEST(Process, TellsSystemd) {
  std::string path = testing::TempDir() + "/notify.sock";
  ::unlink(path.c_str());
  int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);

  tell_service_manager(Supervised::no, "not sent");
  tell_service_manager(Supervised::detect, "READY=1");
  char received[64] = {};
  EXPECT_EQ(::recv(socket, received, sizeof received, MSG_DONTWAIT), 7);
  EXPECT_STREQ(received, "READY=1");

  ::unsetenv("NOTIFY_SOCKET");
  tell_service_manager(Supervised::systemd, "nowhere");
  EXPECT_EQ(::recv(socket, received, sizeof received, MSG_DONTWAIT), -1);
  ::close(socket);
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace basalt
