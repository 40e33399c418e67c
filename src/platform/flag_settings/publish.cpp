#include "platform/flag_settings/publish.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "base/json_pointer.hpp"
#include "base/text.hpp"
#include "platform/audit/audit.hpp"
#include "platform/events/events.hpp"
#include "platform/flag_settings/lists.hpp"
#include "platform/flag_settings/pack.hpp"
#include "platform/flag_settings/rows.hpp"
#include "platform/flag_settings/rulesets.hpp"
#include "platform/flag_settings/segment_rows.hpp"
#include "platform/flags/snapshot.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace acme::flag_settings {
namespace {

constexpr std::size_t etag_digits = 32;

constexpr pg::Query insert_ruleset{"flag_settings.insert_ruleset", R"sql(
    INSERT INTO flag_rulesets (environment_id, version, etag, payload, created_by, reason,
                               created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query raise_version{"flag_settings.raise_version", R"sql(
    UPDATE flag_environments SET version = $2, published_at = $3, published_by = $4 WHERE id = $1
)sql"};

constexpr pg::Query notify{"flag_settings.notify", "SELECT true FROM pg_notify('acme_flags', $1)"};

/// What is kept of a rule set.
struct Printed {
    std::string etag;
    std::vector<std::byte> payload;
    std::size_t bytes = 0;
};

Result<Printed> print(const flags::Ruleset& ruleset) {
    auto compiled = flags::Snapshot::compile(ruleset);
    if (!compiled) return std::unexpected(std::move(compiled).error());
    const std::string json = boost::json::serialize(flags::to_json(ruleset));
    return Printed{
        .etag = to_hex(sha256(json)).substr(0, etag_digits),
        .payload = pack(json),
        .bytes = json.size(),
    };
}

std::unexpected<Error> too_large() {
    return refuse(
        ErrorKind::too_large,
        "flags.too_large",
        "All flags of the environment together must not be longer than 128 MiB."
    );
}

/// Without its members.
Result<flags::Segment> head_of(const Segment& segment) {
    return flags::parse_segment(
        {{"key", segment.key}, {"if", boost::json::parse(segment.conditions)}}
    );
}

void note_named(const std::vector<flags::Clause>& clauses, std::vector<std::string>& names) {
    for (const flags::Clause& clause : clauses) {
        if (clause.op != flags::Op::segment) continue;
        for (const std::string& name : clause.values) {
            if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        }
    }
}

/// Of the segments, those that flags name, or that others name which are kept.
void keep_named(flags::Ruleset& ruleset) {
    std::vector<std::string> names;
    for (const flags::Flag& flag : ruleset.flags) {
        for (const flags::Rule& rule : flag.rules) note_named(rule.clauses, names);
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = std::ranges::find(ruleset.segments, names[i], &flags::Segment::key);
        if (found != ruleset.segments.end()) note_named(found->clauses, names);
    }
    std::erase_if(ruleset.segments, [&](const flags::Segment& segment) {
        return std::ranges::find(names, segment.key) == names.end();
    });
}

Task<> tell(
    pg::Transaction& transaction,
    trace::Context context,
    const Environment& environment,
    std::int64_t version,
    std::string flag
) {
    const boost::json::object data{
        {"kind", "flags.published"},
        {"environment", environment.key},
        {"version", version},
        {"flag", flag},
    };
    events::Event event{
        .topic = "flags",
        .id = flag.empty() ? environment.key : flag,
        .verb = "published",
        .data = boost::json::serialize(data),
    };
    co_await events::publish(transaction, context, std::move(event));
    co_await transaction.run(context, notify, environment.key + ":" + std::to_string(version));
}

}  // namespace

Task<> tell_changed(
    pg::Transaction& transaction, trace::Context context, std::string_view what, std::string key
) {
    const boost::json::object data{{"kind", "flags.changed"}, {what, key}};
    events::Event event{
        .topic = "flags",
        .id = std::move(key),
        .verb = "changed",
        .data = boost::json::serialize(data),
    };
    co_await events::publish(transaction, context, std::move(event));
}

std::string readable(
    const std::string& pointer, const flags::Ruleset& ruleset, const std::string& own
) {
    constexpr std::string_view flags_prefix = "/flags/";
    constexpr std::string_view segments_prefix = "/segments/";
    const bool is_flag = pointer.starts_with(flags_prefix);
    if (!is_flag && !pointer.starts_with(segments_prefix)) return pointer;
    const std::string_view prefix = is_flag ? flags_prefix : segments_prefix;
    const std::string_view rest = std::string_view(pointer).substr(prefix.size());
    const auto end = std::min(rest.find('/'), rest.size());
    const auto index = parse_number<std::size_t>(rest.substr(0, end));
    const std::size_t count = is_flag ? ruleset.flags.size() : ruleset.segments.size();
    if (!index || *index >= count) return pointer;
    const std::string& key = is_flag ? ruleset.flags[*index].key : ruleset.segments[*index].key;
    const std::string inside(rest.substr(end));
    if (is_flag && key == own) return inside;
    return std::string(prefix) + reference_token(key) + inside;
}

Task<Result<flags::Ruleset>> read_ruleset(
    pg::Transaction& transaction,
    trace::Context context,
    const Environment& environment,
    std::int64_t version,
    Lists lists
) {
    flags::Ruleset ruleset{
        .environment = environment.key,
        .version = static_cast<std::uint64_t>(version),
        .flags = {},
        .segments = {},
    };
    std::vector<FieldError> problems;
    for (const Flag& each : co_await rows::flags(transaction, context, environment.id)) {
        if (each.facts.archived_at) continue;
        auto flag = flags::parse_flag(document_of(each));
        if (flag) {
            ruleset.flags.push_back(*std::move(flag));
            continue;
        }
        for (FieldError& problem : flag.error().fields) {
            problem.pointer = "/flags/" + reference_token(each.facts.key) + problem.pointer;
            problems.push_back(std::move(problem));
        }
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    const auto segments = co_await rows::segments(transaction, context);
    for (const Segment& each : segments) ruleset.segments.push_back(ACME_TRY(head_of(each)));
    if (lists == Lists::named) keep_named(ruleset);
    for (flags::Segment& segment : ruleset.segments) {
        const auto found = std::ranges::find(segments, segment.key, &Segment::key);
        if (is_long(*found) && lists == Lists::all_but_long) continue;
        segment.list = is_long(*found) ? found->list : "";
        if (!segment.list.empty()) continue;
        for (Member& member : co_await rows::members(transaction, context, found->id)) {
            auto& ids = member.kind == "user" ? segment.users : segment.orgs;
            ids.push_back(std::move(member.id));
        }
    }
    co_return ruleset;
}

Task<Result<std::int64_t>> publish(
    Press press,
    pg::Transaction& transaction,
    trace::Context context,
    Environment environment,
    Editor editor,
    std::string flag
) {
    const std::int64_t version = environment.version + 1;
    const std::string own = "/flags/" + reference_token(flag);
    auto read = co_await read_ruleset(transaction, context, environment, version, Lists::named);
    if (!read) {
        Error error = std::move(read).error();
        for (FieldError& field : error.fields) {
            const bool is_own =
                !flag.empty() && (field.pointer == own || field.pointer.starts_with(own + "/"));
            if (is_own) field.pointer = field.pointer.substr(own.size());
        }
        co_return std::unexpected(std::move(error));
    }
    const flags::Ruleset ruleset = *std::move(read);
    auto printed = ACME_TRY(co_await press.loop.blocking([ruleset] { return print(ruleset); }));
    if (!printed) {
        Error error = std::move(printed).error();
        for (FieldError& field : error.fields)
            field.pointer = readable(field.pointer, ruleset, flag);
        co_return std::unexpected(std::move(error));
    }
    if (printed->bytes > payload_bytes_max) co_return too_large();
    const WallTime now = press.telemetry.clock.now();
    co_await transaction.run(
        context,
        insert_ruleset,
        environment.id,
        version,
        printed->etag,
        std::span<const std::byte>(printed->payload),
        editor.actor.name,
        editor.reason,
        now
    );
    co_await transaction.run(
        context, raise_version, environment.id, version, now, editor.actor.name
    );
    co_await tell(transaction, context, environment, version, flag);
    co_return version;
}

}  // namespace acme::flag_settings
