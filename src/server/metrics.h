// What Prometheus reads: the figures of INFO, from the same counters, in the text format 0.0.4.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <string>

namespace basalt {

class Server;

/// The content type that goes with metrics_text().
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

/// Every metric. Asks RocksDB, counts keys and lists the data directory: waits for the disk.
std::string metrics_text(Server& server);

}  // namespace basalt
