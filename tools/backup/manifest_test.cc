#include "tools/backup/manifest.h"

#include <gtest/gtest.h>

namespace basalt::tools {
namespace {

Manifest sample() {
  Manifest manifest;
  manifest.id = "20261120-113000-250";
  manifest.made_ms = 1795174200250;
  manifest.source = "/var/lib/my basalt";
  manifest.copied_bytes = 7;
  manifest.files = {{"000012.sst", {1 << 20, sum_of("a").hash}, "beef.sst"}, {"CURRENT", {16, sum_of("b").hash}, ""}};
  return manifest;
}

TEST(Manifest, ComesBackAsItWas) {
  const auto back = decode_manifest(encode_manifest(sample()));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(back->id, sample().id);
  EXPECT_EQ(back->made_ms, sample().made_ms);
  EXPECT_EQ(back->source, sample().source);
  EXPECT_EQ(back->copied_bytes, 7u);
  ASSERT_EQ(back->files.size(), 2u);
  EXPECT_EQ(back->files[0].table, "beef.sst");
  EXPECT_EQ(back->files[1].sum, sample().files[1].sum);
  EXPECT_EQ(back->bytes(), (1u << 20) + 16);
}

TEST(Manifest, AnyChangedOrMissingByteShows) {
  const std::string text = encode_manifest(sample());
  for (size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {0, 4, 7}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(decode_manifest(changed)) << i;
    }
    EXPECT_FALSE(decode_manifest(text.substr(0, i))) << i;
  }
}

TEST(Manifest, NamesStayInTheirDirectory) {
  for (const char* name : {"../CURRENT", "..", "a/b", ""}) {
    Manifest manifest = sample();
    manifest.files[1].name = name;
    EXPECT_FALSE(decode_manifest(encode_manifest(manifest))) << name;
    manifest = sample();
    manifest.files[0].table = std::string(name) + (*name == '\0' ? " " : "");
    EXPECT_FALSE(decode_manifest(encode_manifest(manifest))) << name;
  }
}

TEST(Manifest, ANewerKindIsRefused) {
  std::string text = encode_manifest(sample());
  text = text.substr(0, text.rfind("checksum "));
  text.replace(text.find(" 1\n"), 3, " 2\n");
  const auto back = decode_manifest(text + "checksum " + sum_of(text).hash + "\n");
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().find("newer"), std::string::npos);
}

}  // namespace
}  // namespace basalt::tools
