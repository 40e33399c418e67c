#pragma once

/// An audit on a database of its own, and somebody who may do there what they like.

#include "io/cli/commands.hpp"
#include "platform/audit/audit.hpp"
#include "platform/audit/audit_cli.hpp"
#include "platform/audit/verify.hpp"
#include "testing/stores.hpp"

#include <algorithm>

namespace acme::audit {

/// The tests' user is the database's administrator: what protects the rows from the program does
/// not protect them from it.
struct AuditBench : testing::Bench {
    AuditBench() { add_commands(commands, own, backend.store(), clock); }

    void write(const std::string& target, std::optional<OrgId> org = std::nullopt) {
        auto transaction = wait(own.begin(context));
        write_in(transaction, target, org);
        wait(transaction.commit(context));
    }

    void write_in(
        pg::Transaction& transaction,
        const std::string& target,
        std::optional<OrgId> org = std::nullopt
    ) {
        const Actor actor{.name = "ada", .org = org, .ip = "192.0.2.1"};
        const Entry entry{
            .action = "test.change",
            .target = target,
            .before = "",
            .after = json_of({{"name", "a \"b\", c"}})
        };
        wait(record(transaction, context, actor, entry));
    }

    /// So many entries, sealed.
    void fill(int count) {
        for (int i = 1; i <= count; ++i) write("thing-" + std::to_string(i));
        seal_all();
    }

    void fill_quickly(int count) { fill_old(count, 0); }

    /// Written so many days ago.
    void fill_old(int count, int days) {
        sql.execute(
            "WITH made AS (INSERT INTO audit_entries (actor, action, target, before, after, "
            "request_id, ip, created_at) SELECT 'ada', 'test.many', n::text, '', '', '', '', "
            "now() - interval '" +
            std::to_string(days) + " days' FROM generate_series(1, " + std::to_string(count) +
            ") n RETURNING id) INSERT INTO audit_unsealed SELECT id FROM made"
        );
        seal_all();
    }

    void seal_all() {
        while (wait(seal(own, context))) {
        }
    }

    Verdict look(VerifyOptions options = {}) {
        return wait(verify(own, context, std::move(options)));
    }

    /// As one who switches the guards off: also those of foreign keys.
    void tamper(const std::string& statement) {
        sql.execute("SET session_replication_role = replica");
        sql.execute(statement);
        sql.execute("SET session_replication_role = DEFAULT");
    }

    AuditId entry_at(int position) {
        const auto all = wait(list_exported(own, context, {}, std::nullopt, 1000));
        const auto found =
            std::ranges::find(all, std::optional<std::int64_t>(position), &Exported::position);
        return found->entry.id;
    }

    std::string id_at(int position) { return to_text(entry_at(position).uuid); }

    int run(std::vector<std::string> words) {
        printed.clear();
        const auto say = [this](std::string_view line) { printed.emplace_back(line); };
        return wait(cli::Commands::run(context, commands.choose(std::move(words)), say, say));
    }

    Secret conninfo = testing::fresh_database();
    pg::Database own{{.conninfo = conninfo.clone(), .connections_max = 3}, telemetry};
    testing::Sql sql{conninfo};
    testing::FolderBackend backend{*this};
    cli::Commands commands;
    std::vector<std::string> printed;
};

}  // namespace acme::audit
