#include "platform/flag_settings/segments.hpp"

#include "base/one_line.hpp"
#include "base/text.hpp"
#include "io/http/body.hpp"
#include "platform/flag_settings/lists.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace acme::flag_settings {
namespace {

bool is_member(std::string_view id) {
    return !id.empty() && id.size() <= flags::member_bytes_max && is_one_line(id) &&
           to_storable(id) == id;
}

std::vector<FieldError> problems_of(const Segment& segment) {
    std::vector<FieldError> problems;
    if (chars_in(segment.name) < 1 || chars_in(segment.name) > name_chars_max ||
        !is_one_line(segment.name)) {
        problems.push_back({"/name", "flags.name", "must be one line of 1 to 200 characters"});
    }
    if (chars_in(segment.description) > description_chars_max) {
        problems.push_back({"/description", "flags.description", "must be 500 characters at most"});
    }
    const boost::json::object document{
        {"key", segment.key}, {"if", boost::json::parse(segment.conditions)}
    };
    if (auto parsed = flags::parse_segment(document); !parsed) {
        for (FieldError& each : parsed.error().fields) problems.push_back(std::move(each));
    }
    return problems;
}

void note_uses(const std::vector<flags::Clause>& clauses, const std::string& user, Uses& uses) {
    for (const flags::Clause& clause : clauses) {
        if (clause.op != flags::Op::segment) continue;
        for (const std::string& segment : clause.values) {
            auto& users = uses[segment];
            if (std::ranges::find(users, user) == users.end()) users.push_back(user);
        }
    }
}

void note_uses(const flags::Flag& flag, Uses& uses) {
    for (const flags::Rule& rule : flag.rules) note_uses(rule.clauses, flag.key, uses);
}

std::unexpected<Error> malformed(std::size_t line) {
    return invalid(
        {{"/lines/" + std::to_string(line),
          "flags.member",
          "must be an id of 1 to 200 bytes of UTF-8, alone on its line"}}
    );
}

std::unexpected<Error> too_many() {
    return refuse(
        ErrorKind::conflict, "flags.too_many", "A segment has 2 million members at most."
    );
}

std::vector<FieldError> problems_of(const std::vector<Member>& members, const std::string& list) {
    std::vector<FieldError> problems;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (is_member(members[i].id)) continue;
        problems.push_back(
            {list + "/" + std::to_string(i) + "/id",
             "flags.member",
             "must be 1 to 200 bytes, a line"}
        );
    }
    return problems;
}

std::vector<std::string> of_kind(const std::vector<Member>& members, std::string_view kind) {
    std::vector<std::string> ids;
    for (const Member& member : members) {
        if (member.kind == kind) ids.push_back(member.id);
    }
    return ids;
}

}  // namespace

std::unexpected<Error> no_such_segment() {
    return refuse(ErrorKind::not_found, "flags.segment_unknown", "There is no such segment.");
}

Task<std::vector<Segment>> Segments::list(trace::Context context) {
    return rows::segments(parts_.db, context);
}

Task<Uses> Segments::uses(trace::Context context) {
    Uses uses;
    for (const Environment& environment : co_await rows::environments(parts_.db, context)) {
        for (const Flag& each : co_await rows::flags(parts_.db, context, environment.id)) {
            if (each.facts.archived_at) continue;
            if (const auto flag = flags::parse_flag(document_of(each))) note_uses(*flag, uses);
        }
    }
    for (const Segment& each : co_await rows::segments(parts_.db, context)) {
        const boost::json::object document{
            {"key", each.key}, {"if", boost::json::parse(each.conditions)}
        };
        const auto segment = flags::parse_segment(document);
        if (segment) note_uses(segment->clauses, "segment:" + each.key, uses);
    }
    co_return uses;
}

Task<Result<Segment>> Segments::find(trace::Context context, std::string key) {
    for (Segment& each : co_await list(context)) {
        if (each.key == key) co_return std::move(each);
    }
    co_return no_such_segment();
}

Task<Result<>> Segments::check_may_change(trace::Context context, Editor editor, std::string key) {
    if (editor.role == PlatformRole::admin) co_return done;
    for (const Environment& environment : co_await rows::environments(parts_.db, context)) {
        if (!environment.is_protected) continue;
        Uses uses;
        for (const Flag& each : co_await rows::flags(parts_.db, context, environment.id)) {
            if (each.facts.archived_at || !each.targeting.is_enabled) continue;
            if (const auto flag = flags::parse_flag(document_of(each))) note_uses(*flag, uses);
        }
        if (uses.contains(key)) co_return check_may_publish(environment, editor);
    }
    co_return done;
}

Task<Result<Segment>> Segments::lock(
    pg::Transaction& transaction, trace::Context context, Editor editor, std::string key
) {
    ACME_TRY(co_await check_may_change(context, std::move(editor), key));
    auto segment = co_await rows::lock_segment(transaction, context, std::move(key));
    if (!segment) co_return no_such_segment();
    co_return *std::move(segment);
}

Task<Result<Segment>> Segments::finish(
    pg::Transaction& transaction,
    trace::Context context,
    Editor editor,
    Segment segment,
    Touched touched,
    std::string_view action
) {
    segment.updated_at = parts_.telemetry.clock.now();
    segment.updated_by = editor.actor.name;
    Segment after = co_await rows::update_segment(transaction, context, std::move(segment));
    if (after.users + after.orgs > members_max) co_return too_many();
    // One of before there were lists gets its own with the first change.
    if (touched == Touched::members || (is_long(after) && after.list.empty())) {
        ACME_TRY(co_await keep_list({parts_.loop, parts_.telemetry}, transaction, context, after));
    }
    for (const Environment& environment :
         co_await rows::lock_environments(transaction, context, std::nullopt)) {
        ACME_TRY(co_await publish(
            {parts_.loop, parts_.telemetry}, transaction, context, environment, editor, ""
        ));
    }
    audit::Entry entry{
        .action = action,
        .target = after.key,
        .before = "",
        .after = audit::json_of(
            {{"name", after.name},
             {"conditions", after.conditions},
             {"users", std::to_string(after.users)},
             {"orgs", std::to_string(after.orgs)},
             {"version", std::to_string(after.version)},
             {"reason", editor.reason}}
        ),
    };
    co_await audit::record(transaction, context, editor.actor, std::move(entry));
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<Segment>> Segments::put(
    trace::Context context, Editor editor, Segment wanted, std::optional<std::int64_t> version
) {
    if (auto problems = problems_of(wanted); !problems.empty()) {
        co_return invalid(std::move(problems));
    }
    ACME_TRY(co_await check_may_change(context, editor, wanted.key));
    wanted.updated_at = parts_.telemetry.clock.now();
    wanted.updated_by = editor.actor.name;
    auto transaction = co_await parts_.db.begin(context);
    const auto before = co_await rows::lock_segment(transaction, context, wanted.key);
    if (before.has_value() != version.has_value() || (before && before->version != *version)) {
        co_return has_changed();
    }
    if (before) {
        wanted.id = before->id;
        co_return co_await finish(
            transaction,
            context,
            std::move(editor),
            std::move(wanted),
            Touched::facts,
            "flags.change_segment"
        );
    }
    auto made = co_await rows::insert_segment(transaction, context, wanted);
    if (!made) co_return has_changed();
    co_return co_await finish(
        transaction,
        context,
        std::move(editor),
        *std::move(made),
        Touched::facts,
        "flags.create_segment"
    );
}

Task<Result<>> Segments::remove(trace::Context context, Editor editor, std::string key) {
    auto transaction = co_await parts_.db.begin(context);
    const Segment segment = ACME_TRY(co_await lock(transaction, context, editor, key));
    const auto environments = co_await rows::lock_environments(transaction, context, std::nullopt);
    if ((co_await uses(context)).contains(key)) {
        co_return refuse(
            ErrorKind::conflict,
            "flags.segment_in_use",
            "Rules name this segment: take it out of them first."
        );
    }
    for (const char* const kind : {"user", "org"}) {
        co_await rows::clear_members(transaction, context, segment.id, kind);
    }
    co_await rows::delete_segment(transaction, context, segment.id);
    for (const Environment& environment : environments) {
        ACME_TRY(co_await publish(
            {parts_.loop, parts_.telemetry}, transaction, context, environment, editor, ""
        ));
    }
    audit::Entry entry{.action = "flags.delete_segment", .target = key, .before = "", .after = ""};
    co_await audit::record(transaction, context, editor.actor, std::move(entry));
    co_await transaction.commit(context);
    co_return done;
}

Task<Result<Segment>> Segments::change_members(
    trace::Context context, Editor editor, std::string key, Batch batch
) {
    auto problems = problems_of(batch.add, "/add");
    for (FieldError& each : problems_of(batch.remove, "/remove")) {
        problems.push_back(std::move(each));
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    auto transaction = co_await parts_.db.begin(context);
    Segment segment = ACME_TRY(co_await lock(transaction, context, editor, std::move(key)));
    for (const char* const kind : {"user", "org"}) {
        co_await rows::add_members(
            transaction, context, segment.id, kind, of_kind(batch.add, kind)
        );
        co_await rows::remove_members(
            transaction, context, segment.id, kind, of_kind(batch.remove, kind)
        );
    }
    co_return co_await finish(
        transaction,
        context,
        std::move(editor),
        std::move(segment),
        Touched::members,
        "flags.change_members"
    );
}

Task<Result<>> Segments::take_lines(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t segment,
    std::string kind,
    http::Body& lines
) {
    std::vector<std::string> batch;
    std::string rest;
    std::size_t number = 0;
    const auto take = [&](std::string line) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty()) return true;
        if (!is_member(line)) return false;
        batch.push_back(std::move(line));
        return true;
    };
    for (bool is_over = false; !is_over;) {
        const std::string_view piece = ACME_TRY(co_await lines.read());
        is_over = piece.empty();
        rest += piece;
        if (is_over) rest += '\n';
        std::size_t from = 0;
        for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n', from)) {
            if (!take(rest.substr(from, end - from))) co_return malformed(number);
            from = end + 1;
            ++number;
            if (batch.size() < batch_max) continue;
            co_await rows::add_members(transaction, context, segment, kind, std::move(batch));
            batch.clear();
            if (static_cast<std::int64_t>(number) > members_max) co_return too_many();
        }
        rest.erase(0, from);
        if (rest.size() > flags::member_bytes_max + 1) co_return malformed(number);
    }
    co_await rows::add_members(transaction, context, segment, kind, std::move(batch));
    co_return done;
}

Task<Result<Segment>> Segments::upload(
    trace::Context context, Editor editor, std::string key, std::string kind, http::Body& lines
) {
    auto transaction = co_await parts_.db.begin(context);
    Segment segment = ACME_TRY(co_await lock(transaction, context, editor, std::move(key)));
    co_await rows::clear_members(transaction, context, segment.id, kind);
    ACME_TRY(co_await take_lines(transaction, context, segment.id, std::move(kind), lines));
    co_return co_await finish(
        transaction,
        context,
        std::move(editor),
        std::move(segment),
        Touched::members,
        "flags.replace_members"
    );
}

Task<std::vector<Member>> Segments::members(
    trace::Context context, std::string key, Member after, int limit
) {
    return members_after(parts_.db, context, std::move(key), std::move(after), limit);
}

}  // namespace acme::flag_settings
