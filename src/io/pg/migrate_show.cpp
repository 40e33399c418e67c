// What `acme migrate` shows.
#include "base/text.hpp"
#include "io/pg/migrate.hpp"

namespace acme::pg {
namespace {

std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
    return all;
}

}  // namespace

std::vector<std::string> show(const std::vector<PlannedMigration>& plan, bool is_json) {
    std::vector<std::string> lines;
    for (const PlannedMigration& migration : plan) {
        if (is_json) {
            std::vector<std::string> statements;
            for (const auto& each : migration.statements) statements.push_back(quoted(each));
            lines.push_back(
                "{\"name\":" + quoted(migration.name) + ",\"statements\":[" + joined(statements) +
                "]}"
            );
            continue;
        }
        lines.push_back("would apply " + migration.name);
        for (const std::string& each : migration.statements) lines.push_back("    " + each + ";");
    }
    if (is_json) return {"{\"plan\":[" + joined(lines) + "]}"};
    if (lines.empty()) lines.emplace_back("nothing to apply");
    return lines;
}

std::vector<std::string> show(const std::vector<MigrationStatus>& status, bool is_json) {
    std::vector<std::string> lines;
    for (const MigrationStatus& migration : status) {
        const std::string at = migration.applied_at.value_or("");
        if (is_json) {
            lines.push_back(
                "{\"name\":" + quoted(migration.name) +
                ",\"applied_at\":" + (at.empty() ? "null" : quoted(at)) +
                ",\"problem\":" + quoted(migration.problem) + "}"
            );
            continue;
        }
        const std::string when = at.empty() ? "pending             " : at;
        const std::string problem = migration.problem.empty() ? "" : "  " + migration.problem;
        lines.push_back(when + "  " + migration.name + problem);
    }
    if (is_json) return {"{\"migrations\":[" + joined(lines) + "]}"};
    return lines;
}

std::string show_applied(const std::vector<std::string>& names) {
    std::vector<std::string> all;
    for (const std::string& name : names) all.push_back(quoted(name));
    return "{\"applied\":[" + joined(all) + "]}";
}

}  // namespace acme::pg
