#include "platform/flag_settings/flag_settings.hpp"

#include "platform/flags/ruleset.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>

namespace acme::flag_settings {

std::unexpected<Error> no_such_flag() {
    return refuse(ErrorKind::not_found, "flags.not_found", "There is no such flag.");
}

std::unexpected<Error> no_such_environment() {
    return refuse(
        ErrorKind::not_found, "flags.environment_unknown", "There is no such environment."
    );
}

std::unexpected<Error> has_changed() {
    return refuse(
        ErrorKind::conflict,
        "http.precondition_failed",
        "It has changed meanwhile. Read it again and repeat the change."
    );
}

std::unexpected<Error> is_archived() {
    return refuse(
        ErrorKind::conflict, "flags.archived", "The flag is archived: restore it to change it."
    );
}

std::unexpected<Error> invalid(std::vector<FieldError> problems) {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "flags.invalid",
        .message = "It cannot be as it is.",
        .fields = std::move(problems),
    });
}

std::unexpected<Error> reason_required() {
    return std::unexpected(Error{
        .kind = ErrorKind::invalid,
        .code = "flags.reason_required",
        .message = "Say why.",
        .fields = {{"/reason", "flags.reason_required", "must say why, in 1 to 500 characters"}},
    });
}

Result<> check_may_publish(const Environment& environment, const Editor& editor) {
    if (!environment.is_protected || editor.role == PlatformRole::admin) return {};
    return refuse(
        ErrorKind::forbidden,
        "flags.protected",
        "The environment is protected: an administrator changes it. Anybody who operates may kill "
        "a flag."
    );
}

bool is_key(std::string_view key, std::size_t bytes_max) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto fits = [&](char c) { return is_plain(c) || c == '.' || c == '_' || c == '-'; };
    return !key.empty() && key.size() <= bytes_max && is_plain(key.front()) &&
           std::ranges::all_of(key, fits);
}

boost::json::object document_of(const Flag& flag) {
    boost::json::object document{
        {"key", flag.facts.key},
        {"type", flag.facts.type},
        {"variants", boost::json::parse(flag.facts.variants)},
        {"enabled", flag.targeting.is_enabled},
        {"salt", flag.targeting.salt},
    };
    const auto rules = boost::json::parse(flag.targeting.rules);
    for (const auto& [name, value] : rules.as_object()) document[name] = value;
    return document;
}

boost::json::object state_of(const Facts& facts) {
    boost::json::array tags;
    for (const std::string& tag : facts.tags) tags.emplace_back(tag);
    boost::json::object state{
        {"name", facts.name},
        {"description", facts.description},
        {"kind", facts.kind},
        {"owner", nullptr},
        {"tags", std::move(tags)},
        {"expected_removal_at", nullptr},
        {"permanent", facts.is_permanent},
        {"variants", boost::json::parse(facts.variants)},
        {"archived", facts.archived_at.has_value()},
    };
    if (!facts.owner.empty()) state["owner"] = facts.owner;
    if (!facts.expected_removal_at.empty()) {
        state["expected_removal_at"] = facts.expected_removal_at;
    }
    return state;
}

boost::json::object state_of(const Targeting& targeting) {
    boost::json::object state = boost::json::parse(targeting.rules).as_object();
    // A flag that was only made does not say it, and one that was saved does: the same is meant.
    if (!state.contains("bucket_by")) {
        state["bucket_by"] = boost::json::value_from(flags::Flag{}.bucket_by);
    }
    state["enabled"] = targeting.is_enabled;
    state["salt"] = targeting.salt;
    return state;
}

std::string make_salt(Random& random) {
    constexpr std::string_view letters = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string salt;
    std::uint64_t number = random.number();
    for (int i = 0; i < 8; ++i, number >>= 5) salt += letters[number & 31];
    return salt + ':';
}

}  // namespace acme::flag_settings
