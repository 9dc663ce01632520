#include "tools/admin/verify.h"

#include <fmt/format.h>

#include "store/state_files.h"
#include "tools/admin/object_pass.h"
#include "tools/admin/record_pass.h"
#include "tools/common/command_line.h"

namespace basalt::tools {
namespace {

bool is_corruption(const Error& error) {
  return error.storage() != nullptr && error.storage()->cause == StorageError::Cause::corruption;
}

// Whether all are whole.
Result<bool> verify_files(Store& store, const VerifyOptions& options, Report& report, VerifyCounts& counts) {
  bool whole = true;
  for (const auto& file : store.table_files()) {
    const auto checked = check_table(file.path);
    if (!checked && !is_corruption(checked.error())) return tl::unexpected<Error>(checked.error());
    if (!checked) {
      whole = false;
      report.damage(fmt::format("file {}; it is of column {}, level {}", words_of(checked.error()),
                                kColumnNames[static_cast<size_t>(file.column)], file.level));
    }
    ++counts.files;
    counts.file_bytes += file.bytes;
    if (options.file_read) options.file_read(file.bytes);
  }
  return whole;
}

// What belongs to ranges that are no databases, and not on their way out either.
void report_lost(const VerifyContext& context) {
  constexpr DbId kNeverGivenOut = 65535;
  for (const auto& [db, records] : context.lost_records) {
    context.report.damage(
        fmt::format("range {}: at least {} records of a database that no number leads to", db, records));
    // Without the map, or in a range the purge can't take, these may be what is left of the data.
    if (context.report.mends() && context.system.map_there && db != kNeverGivenOut)
      context.report.mend().put(Column::system, layout::purge_key(db), layout::encode_purge(context.now_ms));
  }
}

void check_counter(const VerifyContext& context) {
  const uint64_t highest = context.highest_object;
  if (highest == 0 || context.system.counter.value_or(0) > highest) return;
  context.report.damage(
      fmt::format("column system: the object counter is at {}, but object {} is in use: new "
                  "collections would share its items",
                  context.system.counter.value_or(0), highest));
  if (context.report.mends())
    context.report.mend().put(Column::system, layout::object_counter_key(), layout::encode_object_counter(highest + 1));
}

Result<void> verify_records(VerifyContext& context) {
  TRY(RecordPass(context).run());
  if (!context.system.map_there && context.counts.keys != 0)
    context.report.damage(
        "column system: the database map is missing: there are keys, and what database they are in "
        "is a guess");
  TRY(ObjectPass(context).run());
  report_lost(context);
  check_counter(context);
  return context.report.finish();
}

}  // namespace

Result<VerifyResult> verify(Store& store, const VerifyOptions& options) {
  VerifyResult result;
  Report report(options.sink, options.mend ? &store : nullptr, options.most_lines);
  const auto close = [&] {
    result.damages = report.damages();
    result.notes = report.notes();
    return result;
  };
  if (options.files && !TRY(verify_files(store, options, report, result.counts))) return close();

  const Snapshot moment = store.snapshot();
  SystemState system = TRY(read_system(store, moment, report));
  result.counts.garbage = system.garbage.size();
  result.counts.purges = system.purged.size();
  VerifyContext context(store, moment, report, system, result.counts);
  context.records_seen = options.records_seen;
  context.now_ms = options.now_ms;
  const auto checked = verify_records(context);
  if (!checked && !is_corruption(checked.error())) return tl::unexpected<Error>(checked.error());
  if (!checked) report.damage("reading stopped: " + words_of(checked.error()));
  result.records_checked = checked.has_value();
  return close();
}

}  // namespace basalt::tools
