#include "server/storage_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace basalt {

namespace {

// Below the I/O threads: a thread that comes back from the disk finds a hundred requests that are served from
// memory in the time its own takes to unpack a block. Linux keeps this value a thread (setpriority(2), notes). Not
// SCHED_BATCH, with which a thread never interrupts another when it wakes: beside two processes that compute, a cold
// read then takes 3 to 7 ms instead of 0.1.
void give_way_to_io_threads() {
  constexpr int kLower = 5;
  const auto thread = static_cast<id_t>(::gettid());
  (void)::setpriority(PRIO_PROCESS, thread, std::min(::getpriority(PRIO_PROCESS, thread) + kLower, 19));
}

}  // namespace

StoragePool::StoragePool(unsigned threads) {
  for (unsigned worker = 0; worker < threads; ++worker) {
    threads_.emplace_back([this, worker] { run(worker); });
    pthread_setname_np(threads_.back().native_handle(), "storage");
  }
}

bool StoragePool::must_wake() { return !jobs_.empty() && idle_ > 0 && !std::exchange(waking_, true); }

void StoragePool::submit(Job job) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
    load_.fetch_add(1, std::memory_order_relaxed);
    wake = must_wake();
  }
  if (wake) ready_.notify_one();
}

void StoragePool::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  ready_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void StoragePool::alone(const std::function<void()>& action) {
  std::unique_lock lock(mutex_);
  --running_;  // a job that waits here is out of the way of another that does
  quiet_.notify_all();
  quiet_.wait(lock, [this] { return !alone_ && running_ == 0; });
  alone_ = true;
  lock.unlock();
  action();
  lock.lock();
  alone_ = false;
  ++running_;
  lock.unlock();
  ready_.notify_all();
  quiet_.notify_all();
}

void StoragePool::wait_until_idle(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  quiet_.wait_for(lock, limit, [this] { return running_ == 0 && jobs_.empty(); });
}

size_t StoragePool::queued() const {
  std::lock_guard lock(mutex_);
  return jobs_.size();
}

void StoragePool::run(unsigned worker) {
  give_way_to_io_threads();
  std::unique_lock lock(mutex_);
  while (true) {
    while (alone_ || (jobs_.empty() && !stopping_)) {
      ++idle_;
      ready_.wait(lock);
      --idle_;
      waking_ = false;
    }
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    ++running_;
    const bool wake = must_wake();
    lock.unlock();
    if (wake) ready_.notify_one();
    job(worker);
    job = nullptr;  // what it owned goes before the lock is taken again
    load_.fetch_sub(1, std::memory_order_relaxed);
    lock.lock();
    if (--running_ == 0) quiet_.notify_all();
  }
}

}  // namespace basalt
