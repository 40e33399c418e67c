#include "platform/flag_settings/catalog.hpp"

#include "base/moment.hpp"
#include "base/one_line.hpp"
#include "platform/accounts/accounts.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace acme::flag_settings {
namespace {

constexpr std::array types{"bool", "string", "int", "double", "json"};
constexpr std::array kinds{"release", "experiment", "ops", "kill", "permission"};

bool is_among(const auto& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

bool is_line(std::string_view text, std::size_t chars_max) {
    const auto chars = chars_in(text);
    return chars >= 1 && chars <= chars_max && is_one_line(text);
}

bool is_tag(std::string_view tag) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-' || c == ':';
    };
    return !tag.empty() && tag.size() <= tag_bytes_max && std::ranges::all_of(tag, fits);
}

/// "2027-01-31", and such a day.
bool is_date(const std::string& text) {
    return text.size() == 10 && parse_time(text + "T00:00:00Z").has_value();
}

/// The variant that is served where nothing else is said; "" when none can be.
std::string first_variant(const Facts& facts) {
    std::string first;
    const auto variants = boost::json::parse(facts.variants);
    for (const auto& variant : variants.as_array()) {
        const auto* object = variant.if_object();
        const auto* key = object == nullptr ? nullptr : object->if_contains("key");
        if (key == nullptr || !key->is_string()) continue;
        const std::string name(key->get_string());
        if (facts.type == "bool" && name == "off") return name;
        if (first.empty()) first = name;
    }
    return first;
}

std::unexpected<Error> taken(bool is_archived) {
    return refuse(
        ErrorKind::conflict,
        "flags.taken",
        is_archived ? "An archived flag has this key: restore that one, or take another key."
                    : "There is a flag with this key."
    );
}

}  // namespace

std::vector<FieldError> problems_of(const Facts& facts) {
    std::vector<FieldError> problems;
    const auto complain = [&](const char* pointer, const char* code, const char* detail) {
        problems.push_back({pointer, code, detail});
    };
    if (!is_line(facts.name, name_chars_max)) {
        complain("/name", "flags.name", "must be one line of 1 to 200 characters");
    }
    if (chars_in(facts.description) < 1 || chars_in(facts.description) > description_chars_max) {
        complain(
            "/description", "flags.description", "must say what it is for: 1 to 500 characters"
        );
    }
    if (!is_among(types, facts.type)) {
        complain("/type", "flags.type", "must be bool, string, int, double or json");
    }
    if (!is_among(kinds, facts.kind)) {
        complain("/kind", "flags.kind", "must be release, experiment, ops, kill or permission");
    }
    if (facts.tags.size() > tags_max || !std::ranges::all_of(facts.tags, is_tag)) {
        complain(
            "/tags",
            "flags.tags",
            "must be 20 at most, each 1 to 50 of lower-case letters, digits, . _ - and :"
        );
    }
    if (!facts.expected_removal_at.empty() && !is_date(facts.expected_removal_at)) {
        complain("/expected_removal_at", "flags.date", "must be a day such as 2027-01-31");
    }
    return problems;
}

Targeting first_targeting(const Facts& facts, Random& random) {
    boost::json::object rules;
    const std::string variant = first_variant(facts);
    if (!variant.empty()) rules["fallthrough"] = boost::json::object{{"variant", variant}};
    return {
        .is_enabled = false,
        .salt = make_salt(random),
        .rules = boost::json::serialize(rules),
        .updated_at = facts.updated_at,
        .updated_by = facts.updated_by,
    };
}

Task<Result<Facts>> Catalog::find(trace::Context context, std::string key) {
    auto facts = co_await rows::find_facts(parts_.db, context, std::move(key));
    if (!facts) co_return no_such_flag();
    co_return *std::move(facts);
}

Task<Result<std::optional<FieldError>>> Catalog::owner_problem(
    trace::Context context, std::string owner
) {
    if (owner.empty()) co_return std::nullopt;
    const FieldError problem{"/owner", "flags.owner", "must be the id of a user"};
    const auto id = UserId::parse(owner);
    if (!id) co_return problem;
    const auto user = co_await parts_.accounts.find(context, *id);
    if (!user) co_return problem;
    co_return std::nullopt;
}

Task<Result<Facts>> Catalog::create(
    pg::Transaction& transaction, trace::Context context, Editor editor, Facts facts
) {
    facts.updated_at = parts_.telemetry.clock.now();
    facts.updated_by = editor.actor.name;
    auto problems = problems_of(facts);
    if (!is_key(facts.key)) {
        problems.push_back(
            {"/key",
             "flags.key",
             "must be lower-case letters, digits, . _ and -, 100 at most, with a letter or digit "
             "first"}
        );
    }
    if (auto problem = ACME_TRY(co_await owner_problem(context, facts.owner))) {
        problems.push_back(*std::move(problem));
    }
    if (problems.empty()) {
        auto parsed =
            flags::parse_flag(document_of({facts, first_targeting(facts, parts_.telemetry.random)})
            );
        if (!parsed) problems = std::move(parsed).error().fields;
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    const auto environments = co_await rows::lock_environments(transaction, context, std::nullopt);
    if (co_await rows::count_flags(transaction, context) >= flags_max) {
        co_return refuse(
            ErrorKind::conflict,
            "flags.too_many",
            "The installation has 5000 flags, archived ones too, which is as many as it may have."
        );
    }
    const std::string key = facts.key;
    auto made = co_await rows::insert_facts(transaction, context, facts);
    if (!made) {
        const auto other = co_await rows::lock_facts(transaction, context, key);
        co_return taken(other && other->archived_at.has_value());
    }
    for (const Environment& environment : environments) {
        Targeting targeting = first_targeting(*made, parts_.telemetry.random);
        co_await rows::insert_targeting(
            transaction, context, made->id, environment.id, std::move(targeting)
        );
        ACME_TRY(co_await publish(
            {parts_.loop, parts_.telemetry}, transaction, context, environment, editor, made->key
        ));
    }
    co_await record(
        transaction,
        context,
        facts.updated_at,
        editor,
        {.flag = made->id, .key = made->key, .action = "flags.create", .after = state_of(*made)}
    );
    co_return *std::move(made);
}

Task<Result<Facts>> Catalog::change(trace::Context context, Editor editor, Facts wanted) {
    return store(context, std::move(editor), std::move(wanted), "flags.change");
}

Task<Result<Facts>> Catalog::store(
    trace::Context context, Editor editor, Facts wanted, std::string_view action
) {
    wanted.updated_at = parts_.telemetry.clock.now();
    wanted.updated_by = editor.actor.name;
    auto problems = problems_of(wanted);
    if (auto problem = ACME_TRY(co_await owner_problem(context, wanted.owner))) {
        problems.push_back(*std::move(problem));
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    auto transaction = co_await parts_.db.begin(context);
    const auto environments = co_await rows::lock_environments(transaction, context, std::nullopt);
    const auto before = co_await rows::lock_facts(transaction, context, wanted.key);
    if (!before) co_return no_such_flag();
    if (before->version != wanted.version) co_return has_changed();
    if (before->archived_at) co_return is_archived();
    wanted.archived_at = std::nullopt;
    Facts after = co_await rows::update_facts(transaction, context, wanted);
    if (boost::json::parse(before->variants) == boost::json::parse(after.variants)) {
        co_await tell_changed(transaction, context, "flag", after.key);
    } else {
        for (const Environment& environment : environments) {
            auto permitted = check_may_publish(environment, editor);
            if (!permitted) co_return std::unexpected(std::move(permitted).error());
            ACME_TRY(co_await publish(
                {parts_.loop, parts_.telemetry},
                transaction,
                context,
                environment,
                editor,
                after.key
            ));
        }
    }
    co_await record(
        transaction,
        context,
        wanted.updated_at,
        editor,
        {.flag = after.id,
         .key = after.key,
         .action = action,
         .before = state_of(*before),
         .after = state_of(after)}
    );
    co_await transaction.commit(context);
    co_return after;
}

Task<Result<Facts>> Catalog::archive(trace::Context context, Editor editor, std::string key) {
    return set_archived(context, std::move(editor), std::move(key), true);
}

Task<Result<Facts>> Catalog::restore(trace::Context context, Editor editor, std::string key) {
    return set_archived(context, std::move(editor), std::move(key), false);
}

Task<Result<Facts>> Catalog::set_archived(
    trace::Context context, Editor editor, std::string key, bool is_archived
) {
    auto transaction = co_await parts_.db.begin(context);
    const auto environments = co_await rows::lock_environments(transaction, context, std::nullopt);
    const auto before = co_await rows::lock_facts(transaction, context, key);
    if (!before) co_return no_such_flag();
    if (before->archived_at.has_value() == is_archived) co_return *before;
    const WallTime now = parts_.telemetry.clock.now();
    Facts wanted = *before;
    wanted.updated_at = now;
    wanted.updated_by = editor.actor.name;
    wanted.archived_at = is_archived ? std::optional(now) : std::nullopt;
    const Facts after = co_await rows::update_facts(transaction, context, wanted);
    for (const Environment& environment : environments) {
        const auto found = co_await rows::flags(transaction, context, environment.id, key);
        if (found.empty()) continue;
        Targeting targeting = found.front().targeting;
        if (targeting.is_enabled) {
            auto permitted = check_may_publish(environment, editor);
            if (!permitted) co_return std::unexpected(std::move(permitted).error());
            targeting.is_enabled = false;
            targeting.disabled_reason = "It was archived.";
            targeting.updated_at = now;
            targeting.updated_by = editor.actor.name;
            co_await rows::update_targeting(
                transaction, context, before->id, environment.id, std::move(targeting), true
            );
        }
        ACME_TRY(co_await publish(
            {parts_.loop, parts_.telemetry}, transaction, context, environment, editor, key
        ));
    }
    co_await record(
        transaction,
        context,
        now,
        editor,
        {.flag = after.id,
         .key = after.key,
         .action = is_archived ? "flags.archive" : "flags.restore",
         .before = state_of(*before),
         .after = state_of(after)}
    );
    co_await transaction.commit(context);
    co_return after;
}

}  // namespace acme::flag_settings
