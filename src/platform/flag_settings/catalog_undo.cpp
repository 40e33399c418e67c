// What a flag is, as it was before a change.
#include "platform/flag_settings/catalog.hpp"
#include "platform/flag_settings/diff.hpp"
#include "platform/flag_settings/rows.hpp"
#include "platform/flag_settings/targetings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::flag_settings {
namespace {

std::string text_or_empty(const boost::json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : "";
}

Facts with_state(Facts facts, const boost::json::object& state) {
    facts.name = text_or_empty(state.at("name"));
    facts.description = text_or_empty(state.at("description"));
    facts.kind = text_or_empty(state.at("kind"));
    facts.owner = text_or_empty(state.at("owner"));
    facts.tags.clear();
    for (const auto& tag : state.at("tags").as_array()) facts.tags.emplace_back(tag.as_string());
    facts.expected_removal_at = text_or_empty(state.at("expected_removal_at"));
    facts.is_permanent = state.at("permanent").as_bool();
    facts.variants = boost::json::serialize(state.at("variants"));
    return facts;
}

}  // namespace

Task<Result<Change>> Catalog::undo(
    trace::Context context, Editor editor, std::string key, std::int64_t version, Change change
) {
    if (change.before.empty()) co_return not_undoable();
    const Facts now = ACME_TRY(co_await find(context, key));
    if (now.version != version) co_return has_changed();
    if (change.action == "archive") {
        ACME_TRY(co_await restore(context, editor, key));
    } else if (change.action == "restore") {
        ACME_TRY(co_await archive(context, editor, key));
    } else {
        std::vector<std::string> conflicts;
        const auto state = undone(
            boost::json::parse(change.before).as_object(),
            boost::json::parse(change.after).as_object(),
            state_of(now),
            conflicts
        );
        if (!conflicts.empty()) co_return undo_conflict(conflicts);
        ACME_TRY(co_await store(context, editor, with_state(now, state), "flags.undo"));
    }
    auto newest = co_await list_changes(parts_.db, context, now.id, std::nullopt, std::nullopt, 1);
    co_return std::move(newest.front());
}

}  // namespace acme::flag_settings
