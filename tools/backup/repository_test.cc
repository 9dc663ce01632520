#include "tools/backup/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/store_testing.h"
#include "tools/backup/file_sum.h"
#include "tools/common/files.h"

namespace basalt::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RepositoryTest : public testing::Test {
 protected:
  RepositoryTest() : repository_(*Repository::open_or_create(folder_ / "repo")) {}

  void add(const std::string& id, const std::vector<std::string>& tables) {
    Manifest manifest;
    manifest.id = id;
    for (const auto& table : tables) {
      manifest.files.push_back({"1.sst", sum_of(table), table});
      (void)write_file(repository_.table_path(table), table);
    }
    ASSERT_TRUE(succeeded(make_directory(repository_.backup_path(id))));
    ASSERT_TRUE(succeeded(write_file(manifest_path(id), encode_manifest(manifest))));
  }
  std::string manifest_path(const std::string& id) const { return repository_.backup_path(id) + "/manifest"; }
  std::vector<std::string> tables() const { return *names_in(repository_.tables()); }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    const auto all = repository_.backups();
    for (const auto& listed : *all) ids.push_back(listed.id);
    return ids;
  }

  TempDirectory folder_;
  Repository repository_;
};

TEST_F(RepositoryTest, OnlyUnneededTablesAreCollected) {
  const auto lock = repository_.lock_to_change("test");
  add("1", {"a", "b"});
  add("2", {"b", "c"});
  const uint64_t of_manifest = size_of(manifest_path("1"))->value_or(0);
  EXPECT_GT(of_manifest, 0u);
  EXPECT_EQ(repository_.remove("1"), of_manifest);
  EXPECT_EQ(repository_.collect_garbage(), 1u);
  EXPECT_THAT(tables(), ElementsAre("b", "c"));
  EXPECT_THAT(ids(), ElementsAre("2"));
}

TEST_F(RepositoryTest, NothingIsCollectedWhileAManifestIsDamaged) {
  const auto lock = repository_.lock_to_change("test");
  add("1", {"a"});
  add("2", {"b"});
  ASSERT_TRUE(succeeded(remove_all(manifest_path("1"))));
  ASSERT_TRUE(succeeded(write_file(manifest_path("1"), "basalt-backup 1\n")));
  EXPECT_EQ(repository_.collect_garbage(), 0u);
  EXPECT_THAT(tables(), ElementsAre("a", "b"));
  EXPECT_FALSE(repository_.find("1"));
  EXPECT_TRUE(succeeded(repository_.find("")));
}

TEST_F(RepositoryTest, TidiesUpWhatAKilledProcessLeft) {
  {
    const auto lock = repository_.lock_to_change("test");
    add("1", {"a"});
    ASSERT_TRUE(succeeded(make_directory(repository_.partial_path("2"))));
    ASSERT_TRUE(succeeded(make_directory(repository_.backup_path("0.deleted"))));
    ASSERT_TRUE(succeeded(write_file(repository_.incoming_path("x"), "half")));
  }
  EXPECT_THAT(ids(), ElementsAre("1"));
  const auto lock = repository_.lock_to_change("test");
  ASSERT_TRUE(succeeded(lock));
  EXPECT_THAT(*names_in(repository_.backups_folder()), ElementsAre("1"));
  EXPECT_THAT(*names_in(repository_.incoming_path("")), ElementsAre());
}

TEST_F(RepositoryTest, OneChangesOrManyRead) {
  {
    const auto writer = repository_.lock_to_change("create");
    const auto second = repository_.lock_to_change("prune");
    ASSERT_FALSE(second);
    EXPECT_THAT(describe(second.error()), HasSubstr("by basalt-backup create (process "));
    EXPECT_FALSE(repository_.lock_to_read());
  }
  const auto reader = repository_.lock_to_read(), another = repository_.lock_to_read();
  EXPECT_TRUE(reader && another);
  EXPECT_FALSE(repository_.lock_to_change("prune"));
}

TEST_F(RepositoryTest, IsNotMadeAmongOtherFiles) {
  ASSERT_TRUE(succeeded(write_file(folder_ / "letter", "dear")));
  const auto made = Repository::open_or_create(folder_.path());
  ASSERT_FALSE(made);
  EXPECT_THAT(describe(made.error()), HasSubstr("it holds other files"));
  EXPECT_FALSE(Repository::open(folder_.path()));
  EXPECT_TRUE(succeeded(Repository::open_or_create(repository_.directory())));
}

TEST(Mover, KeepsToItsRate) {
  TempDirectory folder;
  ASSERT_TRUE(succeeded(write_file(folder / "a", std::string(300'000, 'x'))));
  const int64_t start_us = monotonic_us();
  const auto sum = Mover(1'000'000, nullptr).copy(folder / "a", folder / "b");
  EXPECT_GE(monotonic_us() - start_us, 250'000);
  ASSERT_TRUE(succeeded(sum));
  EXPECT_EQ(*sum, sum_of(std::string(300'000, 'x')));
  EXPECT_EQ(*sum, *Mover(0, nullptr).read(folder / "b"));
}

}  // namespace
}  // namespace basalt::tools
