#include "platform/flag_settings/environments.hpp"

#include "base/one_line.hpp"
#include "platform/flag_settings/publish.hpp"
#include "platform/flag_settings/rows.hpp"

namespace acme::flag_settings {
namespace {

constexpr std::size_t environment_key_bytes_max = 63;
constexpr std::size_t environment_name_chars_max = 100;

constexpr pg::Query insert_one{"flag_settings.insert_environment", R"sql(
    INSERT INTO flag_environments (key, name, protected, position, created_at)
    SELECT $1::text, $2::text, $3::boolean, coalesce(max(position), 0) + 1, $4::timestamptz FROM flag_environments
    ON CONFLICT (key) DO NOTHING
)sql"};

constexpr pg::Query update_one{"flag_settings.update_environment", R"sql(
    UPDATE flag_environments SET name = $2, protected = $3 WHERE id = $1
)sql"};

// Flags of which the first environment has all there is to know.
constexpr pg::Query first_id{"flag_settings.first_environment", R"sql(
    SELECT id FROM flag_environments ORDER BY position, id LIMIT 1
)sql"};

std::vector<FieldError> problems_of(const std::string& name) {
    const auto chars = chars_in(name);
    if (chars >= 1 && chars <= environment_name_chars_max && is_one_line(name)) return {};
    return {{"/name", "flags.name", "must be one line of 1 to 100 characters"}};
}

std::string shown(const Environment& environment) {
    return audit::json_of(
        {{"name", environment.name}, {"protected", environment.is_protected ? "true" : "false"}}
    );
}

}  // namespace

Task<std::vector<Environment>> Environments::list(trace::Context context) {
    return rows::environments(parts_.db, context);
}

Task<Result<Environment>> Environments::find(trace::Context context, std::string key) {
    auto found = co_await rows::find_environment(parts_.db, context, std::move(key));
    if (!found) co_return no_such_environment();
    co_return *std::move(found);
}

Task<Result<Environment>> Environments::add(
    pg::Transaction& transaction, trace::Context context, Editor editor, Environment wanted
) {
    auto problems = problems_of(wanted.name);
    if (!is_key(wanted.key, environment_key_bytes_max)) {
        problems.push_back(
            {"/key", "flags.key", "must be lower-case letters, digits, . _ and -, 63 at most"}
        );
    }
    if (!problems.empty()) co_return invalid(std::move(problems));
    const auto others = co_await rows::lock_environments(transaction, context, std::nullopt);
    for (const Environment& other : others) {
        if (other.key != wanted.key) continue;
        co_return refuse(
            ErrorKind::conflict, "flags.taken", "There is an environment with this key."
        );
    }
    if (std::ssize(others) >= environments_max) {
        co_return refuse(
            ErrorKind::conflict, "flags.too_many", "There are 20 environments, which is the limit."
        );
    }
    const WallTime now = parts_.telemetry.clock.now();
    co_await transaction.run(
        context, insert_one, wanted.key, wanted.name, wanted.is_protected, now
    );
    const auto made = co_await rows::lock_environments(transaction, context, wanted.key);
    const auto first = (co_await transaction.run(context, first_id))[0].integer();
    for (const Flag& flag : co_await rows::flags(transaction, context, first)) {
        Facts facts = flag.facts;
        facts.updated_at = now;
        facts.updated_by = editor.actor.name;
        co_await rows::insert_targeting(
            transaction,
            context,
            facts.id,
            made.front().id,
            first_targeting(facts, parts_.telemetry.random)
        );
    }
    ACME_TRY(co_await publish(
        {parts_.loop, parts_.telemetry}, transaction, context, made.front(), editor, ""
    ));
    audit::Entry entry{
        .action = "flags.add_environment",
        .target = wanted.key,
        .before = "",
        .after = shown(made.front()),
    };
    co_await audit::record(transaction, context, editor.actor, std::move(entry));
    auto after = co_await rows::lock_environments(transaction, context, wanted.key);
    co_return std::move(after.front());
}

Task<Result<Environment>> Environments::change(
    trace::Context context,
    Editor editor,
    std::string key,
    std::optional<std::string> name,
    std::optional<bool> is_protected
) {
    auto transaction = co_await parts_.db.begin(context);
    const auto found = co_await rows::lock_environments(transaction, context, std::move(key));
    if (found.empty()) co_return no_such_environment();
    const Environment& before = found.front();
    Environment after = before;
    after.name = std::move(name).value_or(before.name);
    after.is_protected = is_protected.value_or(before.is_protected);
    if (auto problems = problems_of(after.name); !problems.empty()) {
        co_return invalid(std::move(problems));
    }
    co_await transaction.run(context, update_one, after.id, after.name, after.is_protected);
    audit::Entry entry{
        .action = "flags.change_environment",
        .target = after.key,
        .before = shown(before),
        .after = shown(after),
    };
    co_await audit::record(transaction, context, std::move(editor.actor), std::move(entry));
    co_await tell_changed(transaction, context, "environment", after.key);
    co_await transaction.commit(context);
    co_return after;
}

}  // namespace acme::flag_settings
