#include "platform/flag_settings/references.hpp"

#include "platform/flag_settings/rows.hpp"

namespace acme::flag_settings {
namespace {

constexpr pg::Query list_them{"flag_settings.references", R"sql(
    SELECT repo, path, line, commit, reported_at FROM flag_references
    WHERE flag_id = $1 ORDER BY repo, path, line
)sql"};

constexpr pg::Query delete_them{"flag_settings.delete_references", R"sql(
    DELETE FROM flag_references WHERE flag_id = $1 AND ($2::text IS NULL OR repo = $2)
)sql"};

constexpr pg::Query insert_them{"flag_settings.insert_references", R"sql(
    INSERT INTO flag_references (flag_id, repo, path, line, commit, reported_at)
    SELECT $1::bigint, r.repo, r.path, r.line, r.commit, $6::timestamptz
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS r (repo, path, line, commit)
    ON CONFLICT DO NOTHING
)sql"};

std::vector<FieldError> problems_of(
    const std::vector<Reference>& references, const std::string& repo
) {
    std::vector<FieldError> problems;
    for (std::size_t i = 0; i < references.size(); ++i) {
        if (references[i].repo == repo) continue;
        problems.push_back(
            {"/data/" + std::to_string(i) + "/repo",
             "flags.repo",
             "must be the repository that the address names"}
        );
    }
    return problems;
}

}  // namespace

Task<std::vector<Reference>> list_references(
    pg::Database& db, trace::Context context, std::int64_t flag
) {
    const auto rows = co_await db.run(context, list_them, flag);
    std::vector<Reference> references;
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        references.push_back({
            .repo = row.text(),
            .path = row.text(),
            .line = row.integer(),
            .commit = row.text(),
            .reported_at = row.time(),
        });
    }
    co_return references;
}

Task<Result<std::vector<Reference>>> replace_references(
    Parts parts,
    trace::Context context,
    audit::Actor actor,
    std::string flag,
    std::optional<std::string> repo,
    std::vector<Reference> references
) {
    if (repo) {
        auto problems = problems_of(references, *repo);
        if (!problems.empty()) co_return invalid(std::move(problems));
    }
    auto transaction = co_await parts.db.begin(context);
    const auto facts = co_await rows::lock_facts(transaction, context, std::move(flag));
    if (!facts) co_return no_such_flag();
    std::vector<std::string> repos;
    std::vector<std::string> paths;
    std::vector<std::int64_t> lines;
    std::vector<std::string> commits;
    for (const Reference& each : references) {
        repos.push_back(each.repo);
        paths.push_back(each.path);
        lines.push_back(each.line);
        commits.push_back(each.commit);
    }
    co_await transaction.run(context, delete_them, facts->id, repo);
    co_await transaction.run(
        context, insert_them, facts->id, repos, paths, lines, commits, parts.telemetry.clock.now()
    );
    audit::Entry entry{
        .action = "flags.report_references",
        .target = facts->key,
        .before = "",
        .after = audit::json_of(
            {{"repo", repo.value_or("")}, {"references", std::to_string(references.size())}}
        ),
    };
    co_await audit::record(transaction, context, std::move(actor), std::move(entry));
    co_await transaction.commit(context);
    co_return co_await list_references(parts.db, context, facts->id);
}

}  // namespace acme::flag_settings
