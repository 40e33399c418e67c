#include "platform/flag_settings/rows.hpp"

#include "base/text.hpp"

#include <boost/json/parse.hpp>

namespace acme::flag_settings::rows {
namespace {

constexpr pg::Query list_environments{"flag_settings.environments", R"sql(
    SELECT id, key, name, protected, version, published_at, published_by, created_at
    FROM flag_environments WHERE $1::text IS NULL OR key = $1 ORDER BY position, id
)sql"};

constexpr pg::Query lock_them{"flag_settings.lock_environments", R"sql(
    SELECT id, key, name, protected, version, published_at, published_by, created_at
    FROM flag_environments WHERE $1::text IS NULL OR key = $1 ORDER BY id FOR UPDATE
)sql"};

constexpr pg::Query list_flags{"flag_settings.load", R"sql(
    SELECT f.id, f.key, f.name, f.description, f.value_type, f.kind, f.owner, to_json(f.tags)::text,
           f.expected_removal_at::text, f.permanent, f.variants, f.archived_at, f.version,
           f.created_at, f.updated_at, f.updated_by,
           t.enabled, t.salt, t.targeting, t.version, t.enabled_at, t.disabled_reason, t.updated_at,
           t.updated_by
    FROM flag_targeting t JOIN flags f ON f.id = t.flag_id
    WHERE t.environment_id = $1 AND ($2::text IS NULL OR f.key = $2)
    ORDER BY f.key COLLATE "C"
)sql"};

constexpr pg::Query find_flag{"flag_settings.find", R"sql(
    SELECT id, key, name, description, value_type, kind, owner, to_json(tags)::text,
           expected_removal_at::text, permanent, variants, archived_at, version, created_at,
           updated_at, updated_by
    FROM flags WHERE key = $1
)sql"};

constexpr pg::Query lock_flag{"flag_settings.lock", R"sql(
    SELECT id, key, name, description, value_type, kind, owner, to_json(tags)::text,
           expected_removal_at::text, permanent, variants, archived_at, version, created_at,
           updated_at, updated_by
    FROM flags WHERE key = $1 FOR UPDATE
)sql"};

constexpr pg::Query insert_flag{"flag_settings.insert", R"sql(
    INSERT INTO flags (key, name, description, value_type, kind, owner, tags, expected_removal_at,
                       permanent, variants, created_at, updated_at, updated_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::date, $9, $10, $11, $11, $12)
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key, name, description, value_type, kind, owner, to_json(tags)::text,
              expected_removal_at::text, permanent, variants, archived_at, version, created_at,
              updated_at, updated_by
)sql"};

constexpr pg::Query count_all{"flag_settings.count", "SELECT count(*) FROM flags"};

constexpr pg::Query update_flag{"flag_settings.update", R"sql(
    UPDATE flags SET name = $2, description = $3, kind = $4, owner = $5, tags = $6,
        expected_removal_at = $7::text::date, permanent = $8, variants = $9, archived_at = $10,
        updated_at = $11, updated_by = $12, version = version + 1
    WHERE id = $1
    RETURNING id, key, name, description, value_type, kind, owner, to_json(tags)::text,
              expected_removal_at::text, permanent, variants, archived_at, version, created_at,
              updated_at, updated_by
)sql"};

constexpr pg::Query insert_rules{"flag_settings.insert_targeting", R"sql(
    INSERT INTO flag_targeting (flag_id, environment_id, enabled, salt, targeting, updated_at,
                                updated_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

constexpr pg::Query update_rules{"flag_settings.update_targeting", R"sql(
    UPDATE flag_targeting SET enabled = $3, salt = $4, targeting = $5, disabled_reason = $6,
        enabled_at = CASE WHEN $7 THEN $8 ELSE enabled_at END, updated_at = $8, updated_by = $9,
        version = version + 1
    WHERE flag_id = $1 AND environment_id = $2
    RETURNING enabled, salt, targeting, version, enabled_at, disabled_reason, updated_at,
              updated_by
)sql"};

std::optional<std::string> or_null(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

Environment read_environment(pg::Row row) {
    return {
        .id = row.integer(),
        .key = row.text(),
        .name = row.text(),
        .is_protected = row.boolean(),
        .version = row.integer(),
        .published_at = row.time_or_null(),
        .published_by = row.text(),
        .created_at = row.time(),
    };
}

std::vector<std::string> texts_in(const std::string& json) {
    std::vector<std::string> texts;
    const auto value = boost::json::parse(json);
    for (const auto& text : value.as_array()) texts.emplace_back(text.as_string());
    return texts;
}

Facts read_facts(pg::Row& row) {
    return {
        .id = row.integer(),
        .key = row.text(),
        .name = row.text(),
        .description = row.text(),
        .type = row.text(),
        .kind = row.text(),
        .owner = row.text_or_null().value_or(""),
        .tags = texts_in(row.text()),
        .expected_removal_at = row.text_or_null().value_or(""),
        .is_permanent = row.boolean(),
        .variants = row.text(),
        .archived_at = row.time_or_null(),
        .version = row.integer(),
        .created_at = row.time(),
        .updated_at = row.time(),
        .updated_by = row.text(),
    };
}

Targeting read_targeting(pg::Row& row) {
    return {
        .is_enabled = row.boolean(),
        .salt = row.text(),
        .rules = row.text(),
        .version = row.integer(),
        .enabled_at = row.time_or_null(),
        .disabled_reason = row.text_or_null().value_or(""),
        .updated_at = row.time(),
        .updated_by = row.text(),
    };
}

/// What comes out of an address is any bytes.
std::optional<std::string> storable(const std::optional<std::string>& key) {
    return key ? std::optional(to_storable(*key)) : std::nullopt;
}

std::vector<Environment> read_environments(const pg::Rows& rows) {
    std::vector<Environment> environments;
    for (int i = 0; i < rows.size(); ++i) environments.push_back(read_environment(rows[i]));
    return environments;
}

std::vector<Flag> read_flags(const pg::Rows& rows) {
    std::vector<Flag> flags;
    flags.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        pg::Row row = rows[i];
        Facts facts = read_facts(row);
        flags.push_back({.facts = std::move(facts), .targeting = read_targeting(row)});
    }
    return flags;
}

std::optional<Facts> read_one(const pg::Rows& rows) {
    if (rows.empty()) return std::nullopt;
    pg::Row row = rows[0];
    return read_facts(row);
}

}  // namespace

Task<std::vector<Environment>> environments(pg::Database& db, trace::Context context) {
    co_return read_environments(
        co_await db.run(context, list_environments, std::optional<std::string>())
    );
}

Task<std::optional<Environment>> find_environment(
    pg::Database& db, trace::Context context, std::string key
) {
    const auto rows = co_await db.run(context, list_environments, to_storable(key));
    if (rows.empty()) co_return std::nullopt;
    co_return read_environment(rows[0]);
}

Task<std::vector<Environment>> lock_environments(
    pg::Transaction& transaction, trace::Context context, std::optional<std::string> key
) {
    co_return read_environments(co_await transaction.run(context, lock_them, storable(key)));
}

Task<std::vector<Flag>> flags(
    pg::Database& db,
    trace::Context context,
    std::int64_t environment,
    std::optional<std::string> key
) {
    co_return read_flags(co_await db.run(context, list_flags, environment, storable(key)));
}

Task<std::vector<Flag>> flags(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t environment,
    std::optional<std::string> key
) {
    co_return read_flags(co_await transaction.run(context, list_flags, environment, storable(key)));
}

Task<std::optional<Facts>> find_facts(pg::Database& db, trace::Context context, std::string key) {
    co_return read_one(co_await db.run(context, find_flag, to_storable(key)));
}

Task<std::optional<Facts>> lock_facts(
    pg::Transaction& transaction, trace::Context context, std::string key
) {
    co_return read_one(co_await transaction.run(context, lock_flag, to_storable(key)));
}

Task<std::optional<Facts>> insert_facts(
    pg::Transaction& transaction, trace::Context context, Facts facts
) {
    co_return read_one(co_await transaction.run(
        context,
        insert_flag,
        facts.key,
        facts.name,
        facts.description,
        facts.type,
        facts.kind,
        or_null(facts.owner),
        facts.tags,
        or_null(facts.expected_removal_at),
        facts.is_permanent,
        facts.variants,
        facts.updated_at,
        facts.updated_by
    ));
}

Task<std::int64_t> count_flags(pg::Transaction& transaction, trace::Context context) {
    co_return (co_await transaction.run(context, count_all))[0].integer();
}

Task<Facts> update_facts(pg::Transaction& transaction, trace::Context context, Facts facts) {
    const auto rows = co_await transaction.run(
        context,
        update_flag,
        facts.id,
        facts.name,
        facts.description,
        facts.kind,
        or_null(facts.owner),
        facts.tags,
        or_null(facts.expected_removal_at),
        facts.is_permanent,
        facts.variants,
        facts.archived_at,
        facts.updated_at,
        facts.updated_by
    );
    pg::Row row = rows[0];
    co_return read_facts(row);
}

Task<> insert_targeting(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t flag,
    std::int64_t environment,
    Targeting targeting
) {
    co_await transaction.run(
        context,
        insert_rules,
        flag,
        environment,
        targeting.is_enabled,
        targeting.salt,
        targeting.rules,
        targeting.updated_at,
        targeting.updated_by
    );
}

Task<Targeting> update_targeting(
    pg::Transaction& transaction,
    trace::Context context,
    std::int64_t flag,
    std::int64_t environment,
    Targeting targeting,
    bool switches
) {
    const auto rows = co_await transaction.run(
        context,
        update_rules,
        flag,
        environment,
        targeting.is_enabled,
        targeting.salt,
        targeting.rules,
        or_null(targeting.disabled_reason),
        switches,
        targeting.updated_at,
        targeting.updated_by
    );
    pg::Row row = rows[0];
    co_return read_targeting(row);
}

}  // namespace acme::flag_settings::rows
