#include "platform/flag_settings/preview.hpp"

#include "platform/accounts/crowd.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"
#include "platform/flag_settings/segment_rows.hpp"
#include "platform/flags/explain.hpp"

#include <algorithm>
#include <set>

namespace acme::flag_settings {
namespace {

using Compiled = std::shared_ptr<const flags::Snapshot>;

struct Snapshots {
    Compiled live;
    Compiled draft;
    Compiled on;  // the draft as if it were on; none where it is, or nobody asked
};

constexpr pg::Query find_memberships{"flag_settings.memberships", R"sql(
    SELECT s.key, m.kind, m.subject
    FROM flag_segments s JOIN flag_segment_members m ON m.segment_id = s.id
    WHERE s.users + s.orgs > $1::bigint AND m.subject = ANY ($2::text[])
)sql"};

constexpr pg::Query count_exposed{"flag_settings.exposed", R"sql(
    SELECT count(*) FROM flag_exposures
    WHERE flag_key = $1 AND environment_id = $2 AND first_at > $3
)sql"};

/// What a flag is evaluated with: itself, and what it needs of the environment.
void keep_needed(flags::Ruleset& ruleset, const flags::Flag& draft) {
    std::map<std::string, const flags::Flag*> by_key;
    for (const flags::Flag& flag : ruleset.flags) by_key[flag.key] = &flag;
    std::set<std::string> needed;
    std::vector<const flags::Flag*> open{&draft};
    if (by_key.contains(draft.key)) open.push_back(by_key[draft.key]);
    while (!open.empty()) {
        const flags::Flag& flag = *open.back();
        open.pop_back();
        needed.insert(flag.key);
        for (const flags::Prerequisite& each : flag.prerequisites) {
            const auto found = by_key.find(each.flag);
            if (found != by_key.end() && !needed.contains(each.flag)) open.push_back(found->second);
        }
    }
    std::erase_if(ruleset.flags, [&](const flags::Flag& flag) {
        return !needed.contains(flag.key);
    });
}

/// Long lists are not in a rule set; of these only those that are asked about come into one.
Task<> add_memberships(
    pg::Transaction& transaction,
    trace::Context context,
    std::vector<std::string> subjects,
    flags::Ruleset& ruleset
) {
    const auto rows = co_await transaction.run(context, find_memberships, short_list_max, subjects);
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        const std::string key = row.text();
        const bool is_user = row.text() == "user";
        for (flags::Segment& segment : ruleset.segments) {
            if (segment.key == key) (is_user ? segment.users : segment.orgs).push_back(row.text());
        }
    }
}

Result<Compiled> compile(const flags::Ruleset& ruleset, const std::string& flag) {
    auto compiled = flags::Snapshot::compile(ruleset);
    if (compiled) return compiled;
    Error error = std::move(compiled).error();
    for (FieldError& field : error.fields) field.pointer = readable(field.pointer, ruleset, flag);
    return std::unexpected(std::move(error));
}

/// `ruleset` with `flag` as it is given.
flags::Ruleset with(flags::Ruleset ruleset, const flags::Flag& flag) {
    for (flags::Flag& each : ruleset.flags) {
        if (each.key == flag.key) each = flag;
    }
    return ruleset;
}

Result<Snapshots> compile_all(const flags::Ruleset& live, const flags::Flag& draft, bool also_on) {
    auto first = compile(live, draft.key);
    if (!first) return std::unexpected(std::move(first).error());
    auto second = compile(with(live, draft), draft.key);
    if (!second) return std::unexpected(std::move(second).error());
    Snapshots snapshots{*std::move(first), *std::move(second), nullptr};
    if (!also_on || draft.is_enabled) return snapshots;
    flags::Flag on = draft;
    on.is_enabled = true;
    auto third = compile(with(live, on), draft.key);
    if (!third) return std::unexpected(std::move(third).error());
    snapshots.on = *std::move(third);
    return snapshots;
}

/// What is live, the draft, and if that is asked too the draft as if it were on.
Task<Result<Snapshots>> compile_both(
    Parts parts,
    trace::Context context,
    Placed placed,
    std::optional<Draft> draft,
    std::vector<std::string> subjects,
    bool also_on
) {
    if (placed.flag.facts.archived_at) co_return is_archived();
    Flag wanted = placed.flag;
    if (draft) {
        auto targeting = targeting_of(placed.flag, *std::move(draft), parts.telemetry.random);
        if (!targeting) co_return std::unexpected(std::move(targeting).error());
        wanted.targeting = *std::move(targeting);
    }
    auto parsed = flags::parse_flag(document_of(wanted));
    if (!parsed) co_return std::unexpected(std::move(parsed).error());
    auto transaction = co_await parts.db.begin(context);
    flags::Ruleset live = ACME_TRY(co_await read_ruleset(
        transaction, context, placed.environment, placed.environment.version, Lists::all_but_long
    ));
    co_await add_memberships(transaction, context, std::move(subjects), live);
    keep_needed(live, *parsed);
    const auto work = [live, draft = *parsed, also_on]() {
        return compile_all(live, draft, also_on);
    };
    co_return ACME_TRY(co_await parts.loop.blocking(work));
}

flags::Subject subject_of(
    const Compiled& snapshot, const boost::json::object& attributes, WallTime now
) {
    flags::Subject subject(snapshot, now);
    for (const auto& [name, value] : attributes) {
        if (value.is_string()) subject.set(name, std::string_view(value.get_string()));
        if (value.is_bool()) subject.set(name, value.get_bool());
        if (value.is_int64()) subject.set(name, value.get_int64());
        if (value.is_double()) subject.set(name, value.get_double());
    }
    return subject;
}

boost::json::object explained(
    const Compiled& snapshot,
    const std::string& flag,
    const boost::json::object& attributes,
    WallTime now
) {
    const std::uint32_t index = snapshot->find(flag).value();
    const auto subject = subject_of(snapshot, attributes, now);
    return flags::to_json(*snapshot, index, flags::explain(*snapshot, index, subject));
}

std::string served(
    const Compiled& snapshot,
    std::uint32_t flag,
    const accounts::UserInOrganization& user,
    WallTime now
) {
    flags::Subject subject(snapshot, now);
    subject.set("user_id", user.user.str());
    subject.set("org_id", user.org.str());
    const auto answer = flags::evaluate(*snapshot, flag, subject);
    if (!answer.has_value()) return "";
    const flags::Value& value = snapshot->value_of(flag, answer.value);
    return std::string(value.key.empty() ? value.label : value.key);
}

Moves moves_of(
    const std::string& flag,
    const Compiled& live,
    const Compiled& other,
    const std::vector<accounts::UserInOrganization>& users,
    WallTime now
) {
    const std::uint32_t in_live = live->find(flag).value();
    const std::uint32_t in_other = other->find(flag).value();
    Moves moves;
    for (const accounts::UserInOrganization& user : users) {
        auto from = served(live, in_live, user, now);
        auto to = served(other, in_other, user, now);
        if (from == to) {
            ++moves.kept;
        } else {
            ++moves.moves[{std::move(from), std::move(to)}];
        }
    }
    return moves;
}

}  // namespace

Task<Result<Previewed>> Preview::explain(
    trace::Context context,
    std::string flag,
    std::string environment,
    std::optional<Draft> draft,
    SubjectWords subject
) {
    Placed placed =
        ACME_TRY(co_await Targetings(parts_).find(context, flag, std::move(environment)));
    std::vector<std::string> ids;
    for (const char* const name : {"user_id", "org_id"}) {
        const auto* value = subject.attributes.if_contains(name);
        if (value != nullptr && value->is_string()) ids.emplace_back(value->get_string());
    }
    const bool has_draft = draft.has_value();
    const auto [live, other, on] = ACME_TRY(co_await compile_both(
        parts_, context, std::move(placed), std::move(draft), std::move(ids), false
    ));
    const WallTime now = parts_.telemetry.clock.now();
    Previewed previewed{
        .draft = std::nullopt, .live = explained(live, flag, subject.attributes, now)
    };
    if (has_draft) previewed.draft = explained(other, flag, subject.attributes, now);
    co_return previewed;
}

Task<Result<Impact>> Preview::impact(
    trace::Context context, std::string flag, std::string environment, Draft draft
) {
    const Placed placed =
        ACME_TRY(co_await Targetings(parts_).find(context, flag, std::move(environment)));
    const auto users = co_await accounts::newest_users(parts_.db, context, impact_users_max);
    std::vector<std::string> ids;
    for (const accounts::UserInOrganization& each : users) {
        ids.push_back(each.user.str());
        ids.push_back(each.org.str());
    }
    const auto [live, other, on] = ACME_TRY(
        co_await compile_both(parts_, context, placed, std::move(draft), std::move(ids), true)
    );
    const WallTime now = parts_.telemetry.clock.now();
    Impact impact{.units = std::ssize(users), .moves = moves_of(flag, live, other, users, now)};
    if (on != nullptr) impact.if_on = moves_of(flag, live, on, users, now);
    const auto exposed = co_await parts_.db.run(
        context, count_exposed, flag, placed.environment.id, now - std::chrono::hours(24)
    );
    impact.exposed_24h = exposed[0].integer();
    co_return impact;
}

}  // namespace acme::flag_settings
