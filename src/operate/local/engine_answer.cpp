#include "operate/local/engine_answer.hpp"

#include "operate/local/engine_wire.hpp"

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <stdexcept>

namespace acme::local {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The members of a request. They throw Malformed.
class Request {
public:
    explicit Request(const std::string& line) {
        boost::system::error_code malformed;
        value_ = json::parse(line, malformed);
        if (malformed || !value_.is_object()) throw Malformed("a line of JSON was expected");
    }

    std::string text(const char* name) const {
        const json::value& member = find(name);
        if (!member.is_string()) throw Malformed(std::string(name) + " is a text");
        return std::string(member.get_string());
    }
    milliseconds time(const char* name) const {
        const json::value& member = find(name);
        // More than that is refused anyway, and added to a point in time it is a point no more.
        if (!member.is_int64() || std::abs(member.get_int64()) > time_max.count()) {
            throw Malformed(std::string(name) + " is a number of milliseconds");
        }
        return milliseconds(member.get_int64());
    }
    /// An earlier release says no more than whether it is a rollback.
    deploy::Claim claim() const {
        const json::value* const member = value_.get_object().if_contains("claim");
        if (member != nullptr && member->is_int64() && member->get_int64() >= 0 &&
            member->get_int64() <= static_cast<int>(deploy::Claim::rollback)) {
            return static_cast<deploy::Claim>(member->get_int64());
        }
        const json::value& by_force = find("by_force");
        if (member != nullptr || !by_force.is_bool()) throw Malformed("claim is 0, 1 or 2");
        return by_force.get_bool() ? deploy::Claim::rollback : deploy::Claim::deployment;
    }
    std::vector<std::string> words(const char* name) const {
        std::vector<std::string> all;
        const json::value& member = find(name);
        if (!member.is_array()) throw Malformed(std::string(name) + " is a list");
        for (const json::value& word : member.get_array()) {
            if (!word.is_string()) throw Malformed(std::string(name) + " is a list of texts");
            all.emplace_back(word.get_string());
        }
        return all;
    }
    deploy::Fence fence() const { return read<deploy::Fence>("fence", wire::fence_of); }
    deploy::Facts facts() const { return read<deploy::Facts>("facts", wire::facts_of); }

private:
    static constexpr milliseconds time_max{std::chrono::days(365)};

    const json::value& find(const char* name) const {
        const json::value* const member = value_.get_object().if_contains(name);
        if (member == nullptr) throw Malformed(std::string(name) + " is missing");
        return *member;
    }

    template <class T>
    T read(const char* name, T (*convert)(const json::value&)) const {
        try {
            return convert(find(name));
        } catch (const std::exception&) {
            throw Malformed(std::string(name) + " is not what it is called");
        }
    }

    json::value value_;
};

Task<Result<json::value>> do_call(deploy::Driver& driver, Request request) {
    const std::string call = request.text("call");
    if (call == "instances") co_return wire::to_json(ACME_TRY(co_await driver.instances()));
    if (call == "releases") co_return wire::to_json(ACME_TRY(co_await driver.releases()));
    if (call == "take") {
        co_return wire::to_json(ACME_TRY(co_await driver.take(
            request.text("holder"), request.time("time_max_ms"), request.claim()
        )));
    }
    if (call == "held") co_return wire::to_json(ACME_TRY(co_await driver.held()));
    const deploy::Fence fence = request.fence();
    if (call == "stop") {
        co_return ACME_TRY(
            co_await driver.stop(fence, request.text("node"), request.time("grace_ms"))
        );
    }
    if (call == "replace") {
        co_return ACME_TRY(co_await driver.replace(fence, request.facts(), request.time("grace_ms"))
        );
    }
    if (call == "settle") {
        co_return ACME_TRY(co_await driver.settle(
            fence, request.text("node"), request.text("address"), request.time("grace_ms")
        ));
    }
    if (call == "run_once") {
        co_return wire::to_json(ACME_TRY(co_await driver.run_once(
            fence, request.text("release"), request.words("argv"), request.time("time_max_ms")
        )));
    }
    if (call == "give_back") {
        ACME_TRY(co_await driver.give_back(fence));
    } else if (call == "start") {
        ACME_TRY(co_await driver.start(fence, request.facts()));
    } else if (call == "start_beside") {
        ACME_TRY(co_await driver.start_beside(fence, request.facts()));
    } else if (call == "kill") {
        ACME_TRY(co_await driver.kill(fence, request.text("node")));
    } else if (call == "label") {
        ACME_TRY(co_await driver.label(fence, request.facts()));
    } else if (call == "mark_good") {
        ACME_TRY(co_await driver.mark_good(fence, request.text("release")));
    } else {
        throw Malformed("that call is not known; is the other side of another release?");
    }
    co_return nullptr;
}

}  // namespace

Task<std::string> answer(deploy::Driver& driver, std::string line) {
    try {
        Result<json::value> value = co_await do_call(driver, Request(line));
        co_return value ? wire::ok(*std::move(value)) : wire::failed(value.error());
    } catch (const Malformed& fault) {
        co_return wire::failed({ErrorKind::invalid, "engine.malformed", fault.what()});
    } catch (const std::exception& fault) {
        co_return wire::failed({ErrorKind::unavailable, "engine.failed", fault.what()});
    }
}

}  // namespace acme::local
