#include "operate/local/postgres.hpp"

#include "base/text.hpp"
#include "operate/local/files.hpp"

#include <filesystem>

namespace acme::local {
namespace {

namespace fs = std::filesystem;

constexpr int version_least = 15;
constexpr std::chrono::minutes copy_time_max{10};

struct Words {
    std::string last;
    process::LineSink sink = [this](std::string_view line) {
        if (!line.empty()) last = line;
    };
};

/// Its messages are for us to show; a home of its own keeps a person's ~/.psqlrc away.
Task<Result<>> run_tool(std::vector<std::string> argv, std::string directory, std::string input) {
    Words words;
    const std::string name = fs::path(argv[0]).filename();
    const auto exit = co_await process::run(
        {
            .argv = std::move(argv),
            .environment = {{"LC_ALL", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}},
            .directory = std::move(directory),
            .input = std::move(input),
        },
        words.sink,
        copy_time_max
    );
    if (exit && exit->is_clean()) co_return done;
    co_return refuse(
        ErrorKind::unavailable,
        "local.postgres_failed",
        name + " failed: " + (exit ? exit->text() : "it took too long") + ". " + words.last
    );
}

Task<Result<>> run_as_administrator(
    const Layout& layout, const Tools& tools, std::string statement
) {
    return run_tool(
        {
            tools.postgres_bin + "/psql",
            "--no-psqlrc",
            "--host=" + layout.run,
            "--username=postgres",
            "--quiet",
            "--command=" + std::move(statement),
        },
        layout.home,
        ""
    );
}

/// "15" for /usr/lib/postgresql/15/bin.
std::string version_of(const Tools& tools) {
    return fs::path(tools.postgres_bin).parent_path().filename();
}

/// Each process of a cluster stands in its folder. Those of other accounts are not seen; a cluster
/// is its owner's. Who cannot look takes it for one that runs.
bool is_in_use(const std::string& data) {
    std::error_code error;
    const fs::path folder = fs::canonical(data, error);
    if (error) return true;
    const fs::directory_iterator processes("/proc", error);
    if (error) return true;
    for (const auto& entry : processes) {
        std::error_code unseen;
        const fs::path stands_in = fs::read_symlink(entry.path() / "cwd", unseen);
        if (!unseen && stands_in == folder) return true;
    }
    return false;
}

/// The copy is complete only under its own name, so half of one is never started.
std::string half_of(const std::string& data) { return data + ".half"; }

}  // namespace

std::string find_postgres(const std::string& installed) {
    int newest = version_least - 1;
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(installed, unreadable)) {
        const auto version = parse_number<int>(entry.path().filename().string());
        if (!version || !fs::exists(entry.path() / "bin/postgres")) continue;
        newest = std::max(newest, *version);
    }
    return newest < version_least ? "" : installed + "/" + std::to_string(newest) + "/bin";
}

void remove_dead_locks(const Layout& layout, int number) {
    const std::string data = layout.postgres(number);
    if (is_in_use(data)) return;
    std::error_code absent;
    fs::remove(data + "/postmaster.pid", absent);
    fs::remove(
        layout.run + "/.s.PGSQL." + std::to_string(postgres_port + number) + ".lock", absent
    );
}

Task<Result<bool>> ensure_cluster(const Layout& layout, const Tools& tools) {
    const std::string data = layout.postgres();
    if (const auto made_by = read_file(data + "/PG_VERSION")) {
        if (*made_by == version_of(tools) + "\n") {
            remove_dead_locks(layout, 0);
            co_return false;
        }
        co_return refuse(
            ErrorKind::conflict,
            "local.postgres_version",
            "The data in " + data + " belong to PostgreSQL " + made_by->substr(0, 2) +
                ", installed is " + version_of(tools) + ". Install that version, or ./dev reset."
        );
    }
    const std::string half = half_of(data);
    fs::remove_all(half);
    // Whoever can enter the folder of the socket is trusted; only its owner can.
    ACME_TRY(co_await run_tool(
        {
            tools.postgres_bin + "/initdb",
            "--pgdata=" + half,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--data-checksums",
            "--no-instructions",
        },
        layout.home,
        ""
    ));
    ACME_TRY(co_await run_tool(
        {tools.postgres_bin + "/postgres", "--single", "-D", half, "postgres"},
        layout.home,
        "CREATE ROLE acme LOGIN REPLICATION\nCREATE DATABASE acme OWNER acme\n"
    ));
    fs::rename(half, data);
    co_return true;
}

Task<Result<>> ensure_program_role(const Layout& layout, const Tools& tools) {
    const std::string role(program_role);
    return run_as_administrator(
        layout,
        tools,
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '" + role +
            "') THEN CREATE ROLE " + role + " LOGIN; END IF; END $$"
    );
}

Task<Result<bool>> ensure_replica(const Layout& layout, const Tools& tools, int number) {
    const std::string data = layout.postgres(number);
    if (fs::exists(data + "/PG_VERSION")) {
        remove_dead_locks(layout, number);
        co_return false;
    }
    const std::string half = half_of(data);
    fs::remove_all(half);
    // The slot keeps what the replica has not read yet; it may be left from a copy cut short.
    ACME_TRY(co_await run_as_administrator(
        layout,
        tools,
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
        "WHERE slot_name = 'replica_" +
            std::to_string(number) + "' AND NOT active"
    ));
    ACME_TRY(co_await run_tool(
        {
            tools.postgres_bin + "/pg_basebackup",
            "--host=" + layout.run,
            "--username=acme",
            "--pgdata=" + half,
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--create-slot",
            "--slot=replica_" + std::to_string(number),
        },
        layout.home,
        ""
    ));
    fs::rename(half, data);
    co_return true;
}

}  // namespace acme::local
