#include "operate/local/driver.hpp"

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "operate/local/files.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <stdexcept>

namespace acme::local {
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

std::string value_of(const process::Environment& environment, std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

process::Spec spec_of(const Node& node, const Release& release) {
    process::Spec spec{
        .argv = {release.binary, node.role},
        .environment = node.environment,
        .directory = "/",
    };
    spec.environment["ACME_RELEASE"] = release.id;
    return spec;
}

/// The values go in as a digest, and no secret can be read back from it.
std::string digest_of(const process::Spec& spec) {
    Sha256 digest;
    for (const std::string& word : spec.argv) digest.add(word + '\0');
    for (const auto& [name, value] : spec.environment) digest.add(name + "=" + value + '\0');
    return "sha256:" + to_hex(digest.finish());
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

Task<> ProcessDriver::start(Node node, Release release) {
    if (find(node.name) != nullptr) throw std::logic_error(node.name + " runs already");
    process::Spec spec = spec_of(node, release);
    const auto before = facts(node.name);
    const bool is_same = before && before->release == release.id;
    const Facts now{
        .environment = value_of(node.environment, "ACME_ENVIRONMENT"),
        .node = node.name,
        .role = node.role,
        .release = release.id,
        .digest = release.digest,
        .known_good = !before   ? release.id
                      : is_same ? before->known_good
                                : before->release,
        .deployment = "up",
        .track = "stable",
        .spec = digest_of(spec),
        .address = node.address,
    };
    // Before the process: who finds it running finds its facts.
    write_private(path_of(node.name), now.json());
    Kept kept{
        .name = node.name,
        .process = std::move(spec),
        .pid_file = folder_ + "/" + node.name + ".pid",
    };
    auto keeper = std::make_unique<Keeper>(parts_.clock, parts_.logs, parts_.say, std::move(kept));
    parts_.tasks.spawn(co_await asio::this_coro::executor, "node", keeper->run());
    running_[node.name] = std::move(keeper);
}

Task<bool> ProcessDriver::stop(
    std::string node, std::chrono::milliseconds grace, const process::Event& hurry
) {
    const auto found = running_.find(node);
    if (found == running_.end()) co_return true;
    const bool ended_by_itself = co_await found->second->stop(grace, hurry);
    running_.erase(node);
    co_return ended_by_itself;
}

std::optional<Facts> ProcessDriver::facts(const std::string& node) const {
    const auto text = read_file(path_of(node));
    return text ? Facts::parse(*text) : std::nullopt;
}

const Keeper* ProcessDriver::find(const std::string& node) const {
    const auto found = running_.find(node);
    return found == running_.end() ? nullptr : found->second.get();
}

}  // namespace acme::local
