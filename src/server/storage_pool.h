// The storage pool: the threads that may wait for the disk. Whatever an I/O thread could not do
// without waiting runs here, whole, in blocking mode.
//
// One thread is woken at a time, and it wakes the next one if jobs are left: an I/O thread that hands over a dozen jobs
// in a row pays for one system call, and jobs that are short are done by few threads.
//
// Thread rules: submit() from any thread. Jobs must not wait for each other.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace basalt {

class StoragePool {
 public:
  /// `worker` is the running thread's number, 0 <= worker < threads.
  using Job = std::function<void(unsigned worker)>;

  explicit StoragePool(unsigned threads);
  ~StoragePool() { stop(); }

  void submit(Job job);
  /// From a job: waits until no other job runs, holds new ones back, runs `action`.
  void alone(const std::function<void()>& action);
  /// Waits until nothing runs or is queued, at most so long. From outside the pool.
  void wait_until_idle(std::chrono::milliseconds limit);
  /// Runs what was submitted, then ends the threads. Later jobs are dropped.
  void stop();
  unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
  size_t queued() const;
  /// How many jobs run or are queued, more or less. Cheap.
  unsigned load() const { return load_.load(std::memory_order_relaxed); }

 private:
  void run(unsigned worker);
  bool must_wake();
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  std::condition_variable quiet_;
  unsigned running_ = 0;
  std::atomic<unsigned> load_{0};
  unsigned idle_ = 0;    // threads that wait for a job
  bool waking_ = false;  // one of them was told of a job, and has not looked yet
  bool alone_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace basalt
