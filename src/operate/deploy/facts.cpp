#include "operate/deploy/facts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace acme::deploy {
namespace {

namespace json = boost::json;

/// Each fact under the name of its label.
template <class Visit>
void each(Facts& facts, const Visit& visit) {
    visit("acme.environment", facts.environment);
    visit("acme.node", facts.node);
    visit("acme.role", facts.role);
    visit("acme.release", facts.release);
    visit("acme.digest", facts.digest);
    visit("acme.known_good", facts.known_good);
    visit("acme.deployment", facts.deployment);
    visit("acme.track", facts.track);
    visit("acme.spec", facts.spec);
    visit("acme.address", facts.address);
}

}  // namespace

std::string Facts::json() const {
    json::object object;
    Facts copy = *this;
    each(copy, [&](const char* name, const std::string& value) { object[name] = value; });
    return json::serialize(object) + "\n";
}

std::optional<Facts> Facts::parse(std::string_view text) {
    boost::system::error_code malformed;
    const json::value parsed = json::parse(text, malformed);
    if (malformed || !parsed.is_object()) return std::nullopt;
    Facts facts;
    bool is_whole = true;
    each(facts, [&](const char* name, std::string& value) {
        const json::value* const found = parsed.get_object().if_contains(name);
        is_whole = is_whole && found != nullptr && found->is_string();
        if (is_whole) value = found->get_string();
    });
    return is_whole ? std::optional(facts) : std::nullopt;
}

}  // namespace acme::deploy
