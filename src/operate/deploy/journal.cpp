#include "operate/deploy/journal.hpp"

#include "operate/deploy/journal_rows.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace acme::deploy {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::vector<Record> read_file(const fs::path& path) {
    std::vector<Record> records;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        // A controller that was killed may have left half a line.
        if (auto record = Record::parse(line)) records.push_back(*std::move(record));
    }
    return records;
}

/// Of a controller that was killed as it wrote.
bool ends_within_a_line(const fs::path& path) {
    std::ifstream file(path, std::ios::ate | std::ios::binary);
    if (!file || file.tellg() == 0) return false;
    file.seekg(-1, std::ios::end);
    return file.get() != '\n';
}

/// The names of all files, in the order in which their deployments were made.
std::vector<fs::path> files_in(const std::string& folder) {
    std::vector<fs::path> paths;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
        if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    return paths;
}

/// Which of two was carried out later; a clock may have gone back between them.
std::int64_t fence_of(const std::vector<Record>& records) {
    for (const Record& record : records) {
        if (record.kind == "begun") return record.number("fence");
    }
    return 0;
}

}  // namespace

std::string Journal::path_of(DeploymentId deployment) const {
    return folder_ + "/" + deployment.str() + ".jsonl";
}

/// A line that found no room to the end is ended by the next one's line break, and left out.
bool Journal::write_to_file(const Record& record) {
    std::error_code failed;
    fs::create_directories(folder_, failed);
    std::ofstream file(path_of(record.deployment), std::ios::app);
    file << (is_line_broken_ ? "\n" : "") + record.line() + "\n";
    file.flush();
    is_line_broken_ = !file.good();
    return file.good();
}

void Journal::note_outage(const pg::Fault& fault) {
    away_until_ = clock_.steady() + away_time;
    telemetry_.log.warn(
        "deploy.journal_waits", {{"reason", fault.what()}, {"records", pending_.size()}}
    );
}

Task<Told> Journal::open(trace::Context context, DeploymentId deployment) {
    const auto known = read_file(path_of(deployment));
    is_line_broken_ = ends_within_a_line(path_of(deployment));
    pending_.clear();
    std::vector<Record> records;
    std::int64_t applied = 0;
    try {
        if (!is_away()) records = co_await find_told(context, db_, deployment);
        if (!records.empty()) applied = records.back().seq;
    } catch (const pg::Fault& fault) {
        note_outage(fault);
    }
    for (const Record& record : known) {
        if (record.seq > applied) pending_.push_back(record);
    }
    records.insert(records.end(), known.begin(), known.end());
    std::ranges::sort(records, {}, &Record::seq);
    Told told;
    for (const Record& record : records) told.add(record);
    last_seq_ = told.last_seq;
    co_return told;
}

Task<std::string> Journal::state_of(trace::Context context, DeploymentId deployment) {
    if (is_away()) co_return "";
    try {
        co_return co_await find_state(context, db_, deployment);
    } catch (const pg::Fault& fault) {
        note_outage(fault);
    }
    co_return "";
}

Task<Result<>> Journal::add(
    trace::Context context, DeploymentId deployment, std::string kind, json::object data
) {
    Record record{
        .deployment = deployment,
        .seq = ++last_seq_,
        .at = clock_.now(),
        .kind = std::move(kind),
        .data = std::move(data),
    };
    record.make_storable();
    const bool is_in_file = write_to_file(record);
    if (!is_in_file) telemetry_.log.error("deploy.journal_file", {{"folder", folder_}});
    pending_.push_back(record);
    const bool is_in_database = co_await flush(context);
    if (listener_) listener_(record);
    if (is_in_file || is_in_database) co_return done;
    co_return refuse(
        ErrorKind::unavailable,
        "journal.nowhere",
        "What happens can be written neither to " + folder_ + " nor to PostgreSQL."
    );
}

Task<bool> Journal::flush(trace::Context context) {
    if (is_away()) co_return pending_.empty();
    try {
        while (!pending_.empty()) {
            co_await apply(context, db_, pending_.front());
            pending_.pop_front();
        }
    } catch (const pg::Fault& fault) {
        note_outage(fault);
    }
    co_return pending_.empty();
}

Task<std::size_t> Journal::merge(trace::Context context) {
    std::vector<std::pair<fs::path, std::vector<Record>>> files;
    std::map<fs::path, std::uintmax_t> sizes;
    for (const fs::path& path : files_in(folder_)) {
        if (is_merged(path)) continue;
        std::error_code gone;
        const auto size = fs::file_size(path, gone);
        if (gone) continue;
        files.emplace_back(path, read_file(path));
        sizes[path] = size;
    }
    std::ranges::sort(files, {}, [](const auto& file) {
        return std::pair(fence_of(file.second), file.first);
    });
    std::size_t count = 0;
    for (auto& [path, records] : files) {
        try {
            count += co_await merge_file(context, std::move(records));
            merged_[path] = sizes[path];  // a database that goes away before hears of it again
            refused_.erase(path);
        } catch (const pg::Unreachable&) {
            throw;
        } catch (const pg::Fault& fault) {
            if (!refused_.insert(path).second) continue;
            telemetry_.log.error(
                "deploy.journal_refused", {{"file", path.string()}, {"reason", fault.what()}}
            );
        }
    }
    co_await forget_old(context);
    co_return count;
}

Task<std::size_t> Journal::merge_file(trace::Context context, std::vector<Record> records) {
    std::size_t count = 0;
    if (records.empty()) co_return count;
    const auto applied = co_await last_applied(context, db_, records.front().deployment);
    for (const Record& record : records) {
        if (record.seq <= applied) continue;
        co_await apply(context, db_, record);
        ++count;
    }
    co_return count;
}

/// What has ended, is in the database and is too old for told(): the folder does not grow for ever.
Task<> Journal::forget_old(trace::Context context) {
    std::vector<fs::path> paths = files_in(folder_);
    while (paths.size() > told_files_max) {
        const fs::path path = paths.front();
        paths.erase(paths.begin());
        const auto id = DeploymentId::parse(path.stem().string());
        if (!id || !is_merged(path)) continue;
        if (!is_end(co_await find_state(context, db_, *id)) || !is_merged(path)) continue;
        std::error_code failed;
        fs::remove(path, failed);
        merged_.erase(path);
    }
}

bool Journal::is_merged(const std::string& path) const {
    std::error_code gone;
    const auto size = fs::file_size(path, gone);
    const auto merged = merged_.find(path);
    return !gone && merged != merged_.end() && merged->second == size;
}

/// Read again only when it has grown: it is asked for every few seconds.
std::vector<Told> Journal::told() {
    std::vector<fs::path> paths = files_in(folder_);
    if (paths.size() > told_files_max) {
        paths.erase(paths.begin(), paths.end() - static_cast<std::ptrdiff_t>(told_files_max));
    }
    std::map<std::string, Known> now;
    std::vector<Told> each;
    std::vector<Record> cancels;
    for (const fs::path& path : paths) {
        std::error_code gone;
        const auto size = fs::file_size(path, gone);
        if (gone) continue;
        const auto found = known_.find(path);
        const bool is_same = found != known_.end() && found->second.size == size;
        Known known = is_same ? std::move(found->second) : Known{.size = size};
        for (Record& record : is_same ? std::vector<Record>() : read_file(path)) {
            known.told.add(record);
            if (record.kind == "cancels") known.cancels.push_back(std::move(record));
        }
        each.push_back(known.told);
        cancels.insert(cancels.end(), known.cancels.begin(), known.cancels.end());
        now.emplace(path, std::move(known));
    }
    known_ = std::move(now);
    return told_by(std::move(each), cancels);
}

}  // namespace acme::deploy
