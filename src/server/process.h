// The process among others: background, pid file, service manager.
//
// Thread rules: for main; go_to_background before any thread starts.
#pragma once

#include <string>
#include <string_view>

#include "server/config/option.h"
#include "server/config/settings.h"

namespace basalt {

/// Forks; the parent exits. Standard error stays, so that whoever started the server sees why it can't;
/// leave_terminal() closes it when the server is ready.
Checked<void> go_to_background();
void leave_terminal();

/// A file with the process's id, removed at the end.
class PidFile {
 public:
  PidFile() = default;
  ~PidFile();
  PidFile(const PidFile&) = delete;
  /// Writes the file; nothing if the path is empty.
  Checked<void> write(const std::string& path);

 private:
  std::string path_;
};

/// Tells systemd how things are ("READY=1", "STOPPING=1"), if the option says so. See sd_notify(3).
void tell_service_manager(Supervised supervised, std::string_view state);

}  // namespace basalt
