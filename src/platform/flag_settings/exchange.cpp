#include "platform/flag_settings/exchange.hpp"

#include "platform/accounts/accounts.hpp"
#include "platform/flag_settings/exchange_read.hpp"
#include "platform/flag_settings/lists.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <map>

namespace acme::flag_settings {
namespace {

boost::json::object exported(const Flag& flag) {
    boost::json::object document = state_of(flag.facts);
    document.erase("archived");
    for (const auto& [name, value] : document_of(flag)) document[name] = value;
    return document;
}

/// One import in its transaction.
class Importer {
public:
    Importer(Parts parts, pg::Transaction& transaction, trace::Context context, Editor editor)
        : parts_(parts),
          transaction_(transaction),
          context_(context),
          editor_(std::move(editor)),
          now_(parts.telemetry.clock.now()) {}

    Task<Result<>> take_segment(SegmentRead read) {
        Segment& wanted = read.segment;
        auto before = co_await rows::lock_segment(transaction_, context_, wanted.key);
        const bool is_new = !before.has_value();
        wanted.updated_at = now_;
        wanted.updated_by = editor_.actor.name;
        if (is_new) before = co_await rows::insert_segment(transaction_, context_, wanted);
        if (!before) co_return has_changed();
        const auto members = co_await members_after(
            parts_.db, context_, wanted.key, {}, static_cast<int>(short_list_max) + 1
        );
        const bool has_other_members = read.members && !is_same(members, *read.members);
        const bool is_other =
            before->name != wanted.name || before->description != wanted.description ||
            boost::json::parse(before->conditions) != boost::json::parse(wanted.conditions);
        if (!is_new && !is_other && !has_other_members) co_return done;
        if (has_other_members) co_await replace_members(before->id, *read.members);
        wanted.id = before->id;
        const Segment after = co_await rows::update_segment(transaction_, context_, wanted);
        if (has_other_members) {
            ACME_TRY(
                co_await keep_list({parts_.loop, parts_.telemetry}, transaction_, context_, after)
            );
        }
        imported.segments.push_back(wanted.key);
        affects_all_ = true;
        co_return done;
    }

    /// Locks everything that will be published.
    Task<Result<>> begin(std::string environment) {
        environments_ = co_await rows::lock_environments(transaction_, context_, std::nullopt);
        const auto found = std::ranges::find(environments_, environment, &Environment::key);
        if (found == environments_.end()) co_return no_such_environment();
        environment_ = *found;
        for (Flag& flag : co_await rows::flags(transaction_, context_, environment_.id)) {
            std::string key = flag.facts.key;
            known_.emplace(std::move(key), std::move(flag));
        }
        co_return done;
    }

    Task<Result<>> take_flag(FlagRead read, std::size_t index) {
        Facts& facts = read.flag.facts;
        facts.updated_at = now_;
        facts.updated_by = editor_.actor.name;
        co_await check_owner(facts);
        const auto found = known_.find(facts.key);
        if (found == known_.end()) co_return co_await add_flag(std::move(read));
        const Flag& before = found->second;
        const std::string where = "/flags/" + std::to_string(index);
        if (before.facts.archived_at) {
            co_return invalid({{where + "/key", "flags.taken", "is the key of an archived flag"}});
        }
        if (before.facts.type != facts.type) {
            co_return invalid(
                {{where + "/type", "flags.type", "must be " + before.facts.type + ", as it is here"}
                }
            );
        }
        if (!read.has_salt) read.flag.targeting.salt = before.targeting.salt;
        co_return co_await change_flag(before, std::move(read.flag));
    }

    Task<Result<>> publish_all() {
        imported.version = environment_.version;
        if (!is_changed_) co_return done;
        for (const Environment& each : environments_) {
            if (each.id != environment_.id && !affects_all_) continue;
            auto permitted = check_may_publish(each, editor_);
            if (!permitted) co_return std::unexpected(std::move(permitted).error());
            const std::int64_t version = ACME_TRY(co_await publish(
                {parts_.loop, parts_.telemetry}, transaction_, context_, each, editor_, ""
            ));
            if (each.id == environment_.id) imported.version = version;
        }
        co_return done;
    }

    void finish() { is_changed_ = is_changed_ || affects_all_; }

    Imported imported;

private:
    static bool is_same(std::vector<Member> a, std::vector<Member> b) {
        const auto by_name = [](const Member& one, const Member& other) {
            return std::tie(one.kind, one.id) < std::tie(other.kind, other.id);
        };
        std::ranges::sort(a, by_name);
        std::ranges::sort(b, by_name);
        return a == b;
    }

    Task<> replace_members(std::int64_t segment, std::vector<Member> members) {
        for (const char* const kind : {"user", "org"}) {
            co_await rows::clear_members(transaction_, context_, segment, kind);
            std::vector<std::string> ids;
            for (const Member& member : members) {
                if (member.kind == kind) ids.push_back(member.id);
            }
            co_await rows::add_members(transaction_, context_, segment, kind, std::move(ids));
        }
    }

    /// Whoever is not here cannot be asked.
    Task<> check_owner(Facts& facts) {
        if (facts.owner.empty()) co_return;
        const auto id = UserId::parse(facts.owner);
        if (id && co_await parts_.accounts.find(context_, *id)) co_return;
        imported.warnings.push_back(facts.key + ": its owner is nobody here.");
        facts.owner = "";
    }

    Task<Result<>> add_flag(FlagRead read) {
        if (co_await rows::count_flags(transaction_, context_) >= flags_max) {
            co_return refuse(ErrorKind::conflict, "flags.too_many", "There are 5000 flags.");
        }
        const auto made = co_await rows::insert_facts(transaction_, context_, read.flag.facts);
        if (!made) co_return has_changed();
        Targeting wanted = read.flag.targeting;
        wanted.updated_at = now_;
        wanted.updated_by = editor_.actor.name;
        if (!read.has_salt) wanted.salt = make_salt(parts_.telemetry.random);
        for (const Environment& each : environments_) {
            Targeting targeting = each.id == environment_.id
                                      ? wanted
                                      : first_targeting(*made, parts_.telemetry.random);
            co_await rows::insert_targeting(
                transaction_, context_, made->id, each.id, std::move(targeting)
            );
        }
        co_await note(
            {.flag = made->id, .key = made->key, .action = "flags.create", .after = state_of(*made)}
        );
        co_await note(
            {.flag = made->id,
             .key = made->key,
             .environment = environment_,
             .action = "flags.import",
             .after = state_of(wanted)}
        );
        imported.created.push_back(made->key);
        affects_all_ = true;
        co_return done;
    }

    Task<Result<>> change_flag(const Flag& before, Flag wanted) {
        const auto facts_before = state_of(before.facts);
        const auto facts_after = state_of(wanted.facts);
        const auto rules_before = state_of(before.targeting);
        const auto rules_after = state_of(wanted.targeting);
        wanted.facts.id = before.facts.id;
        if (facts_before != facts_after) {
            co_await rows::update_facts(transaction_, context_, wanted.facts);
            affects_all_ =
                affects_all_ || facts_before.at("variants") != facts_after.at("variants");
            co_await note_change(before.facts, std::nullopt, facts_before, facts_after);
        }
        if (rules_before != rules_after) {
            const bool switches = before.targeting.is_enabled != wanted.targeting.is_enabled;
            wanted.targeting.updated_at = now_;
            wanted.targeting.updated_by = editor_.actor.name;
            if (!wanted.targeting.is_enabled) {
                wanted.targeting.disabled_reason =
                    switches ? editor_.reason : before.targeting.disabled_reason;
            }
            co_await rows::update_targeting(
                transaction_, context_, before.facts.id, environment_.id, wanted.targeting, switches
            );
            co_await note_change(before.facts, environment_, rules_before, rules_after);
            is_changed_ = true;
        }
        const bool is_same = facts_before == facts_after && rules_before == rules_after;
        if (is_same) {
            ++imported.unchanged;
        } else {
            imported.changed.push_back(before.facts.key);
        }
        co_return done;
    }

    Task<> note_change(
        const Facts& flag,
        std::optional<Environment> environment,
        boost::json::object before,
        boost::json::object after
    ) {
        for (Difference& each : differences(before, after)) {
            if (imported.differences.size() < differences_max) {
                imported.differences.emplace_back(flag.key, std::move(each));
            }
        }
        co_await note(
            {.flag = flag.id,
             .key = flag.key,
             .environment = std::move(environment),
             .action = "flags.import",
             .before = std::move(before),
             .after = std::move(after)}
        );
    }

    Task<> note(NewChange change) {
        co_await record(transaction_, context_, now_, editor_, std::move(change));
    }

    Parts parts_;
    pg::Transaction& transaction_;
    trace::Context context_;
    Editor editor_;
    WallTime now_;
    std::vector<Environment> environments_;
    Environment environment_;
    std::map<std::string, Flag> known_;
    bool is_changed_ = false;
    bool affects_all_ = false;
};

boost::json::object exported(const Segment& segment, const std::vector<Member>& members) {
    boost::json::object document{
        {"key", segment.key},
        {"name", segment.name},
        {"description", segment.description},
        {"if", boost::json::parse(segment.conditions)},
    };
    if (document.at("if").as_array().empty()) document.erase("if");
    if (segment.users + segment.orgs > short_list_max) {
        document["list"] = boost::json::object{
            {"version", segment.version}, {"users", segment.users}, {"orgs", segment.orgs}
        };
        return document;
    }
    boost::json::array users;
    boost::json::array orgs;
    for (const Member& member : members) {
        (member.kind == "user" ? users : orgs).emplace_back(member.id);
    }
    document["users"] = std::move(users);
    document["orgs"] = std::move(orgs);
    return document;
}

}  // namespace

Task<Result<boost::json::object>> Exchange::export_all(
    trace::Context context, std::string environment
) {
    const auto found = co_await rows::find_environment(parts_.db, context, environment);
    if (!found) co_return no_such_environment();
    boost::json::array flags;
    for (const Flag& flag : co_await rows::flags(parts_.db, context, found->id)) {
        if (!flag.facts.archived_at) flags.push_back(exported(flag));
    }
    boost::json::array segments;
    for (const Segment& segment : co_await rows::segments(parts_.db, context)) {
        std::vector<Member> members;
        if (segment.users + segment.orgs <= short_list_max) {
            members = co_await members_after(
                parts_.db, context, segment.key, {}, static_cast<int>(short_list_max)
            );
        }
        segments.push_back(exported(segment, members));
    }
    co_return boost::json::object{
        {"format", format},
        {"environment", found->key},
        {"version", found->version},
        {"flags", std::move(flags)},
        {"segments", std::move(segments)},
    };
}

Task<Result<Imported>> Exchange::import_all(trace::Context context, Editor editor, Import import) {
    auto read = read_document(std::move(import.document));
    if (!read) co_return std::unexpected(std::move(read).error());
    auto transaction = co_await parts_.db.begin(context);
    Importer importer(parts_, transaction, context, std::move(editor));
    importer.imported.is_dry_run = import.is_dry_run;
    importer.imported.warnings = std::move(read->warnings);
    // In the order in which others lock them: segments first, by key.
    std::ranges::sort(read->segments, {}, [](const SegmentRead& each) { return each.segment.key; });
    for (SegmentRead& each : read->segments) {
        ACME_TRY(co_await importer.take_segment(std::move(each)));
    }
    ACME_TRY(co_await importer.begin(std::move(import.environment)));
    for (std::size_t i = 0; i < read->flags.size(); ++i) {
        ACME_TRY(co_await importer.take_flag(std::move(read->flags[i]), i));
    }
    importer.finish();
    ACME_TRY(co_await importer.publish_all());
    if (!import.is_dry_run) co_await transaction.commit(context);
    co_return std::move(importer.imported);
}

}  // namespace acme::flag_settings
