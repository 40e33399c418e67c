#include "operate/local/engine_client.hpp"

#include "io/socket/ask.hpp"
#include "operate/local/engine_wire.hpp"

#include <boost/json/serialize.hpp>

namespace acme::local {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

/// For the way there and back, on a machine that is busy.
constexpr milliseconds call_time_max{10'000};

constexpr std::string_view run_up = "`acme up` does not answer";

}  // namespace

Task<Result<json::value>> EngineClient::call(json::object request, milliseconds more) {
    const auto unreachable = [](std::string_view reason) {
        return refuse(
            ErrorKind::unavailable,
            "engine.unreachable",
            std::string(run_up).append(": ").append(reason)
        );
    };
    try {
        std::string line = json::serialize(request);
        const std::string answer = co_await socket::ask(
            socket_, std::move(line), call_time_max + more, wire::answer_bytes_max
        );
        co_return wire::read(answer);
    } catch (const socket::Fault& fault) {
        co_return unreachable(fault.what());
    } catch (const boost::system::system_error&) {
        co_return unreachable("its answer is not understood; is it of another release?");
    }
}

Task<Result<>> EngineClient::do_it(json::object request) {
    ACME_TRY(co_await call(std::move(request)));
    co_return done;
}

Task<Result<std::vector<deploy::Instance>>> EngineClient::instances() {
    const json::value answer = ACME_TRY(co_await call({{"call", "instances"}}));
    co_return wire::instances_of(answer);
}

Task<Result<std::vector<deploy::Stored>>> EngineClient::releases() {
    const json::value answer = ACME_TRY(co_await call({{"call", "releases"}}));
    co_return wire::releases_of(answer);
}

Task<Result<deploy::Fence>> EngineClient::take(
    std::string holder, milliseconds time_max, deploy::Claim claim
) {
    const json::value answer = ACME_TRY(co_await call({
        {"call", "take"},
        {"holder", holder},
        {"time_max_ms", time_max.count()},
        {"by_force", claim == deploy::Claim::rollback},  // what an earlier release reads
        {"claim", static_cast<std::uint8_t>(claim)},
    }));
    co_return wire::fence_of(answer);
}

Task<Result<deploy::Fence>> EngineClient::held() {
    const json::value answer = ACME_TRY(co_await call({{"call", "held"}}));
    co_return wire::fence_of(answer);
}

Task<Result<>> EngineClient::give_back(deploy::Fence fence) {
    return do_it({{"call", "give_back"}, {"fence", wire::to_json(fence)}});
}

Task<Result<bool>> EngineClient::stop(deploy::Fence fence, std::string node, milliseconds grace) {
    json::object request{
        {"call", "stop"},
        {"fence", wire::to_json(fence)},
        {"node", node},
        {"grace_ms", grace.count()},
    };
    const json::value answer = ACME_TRY(co_await call(std::move(request), grace));
    co_return answer.as_bool();
}

Task<Result<>> EngineClient::start(deploy::Fence fence, deploy::Facts facts) {
    return do_it({
        {"call", "start"},
        {"fence", wire::to_json(fence)},
        {"facts", wire::to_json(facts)},
    });
}

Task<Result<bool>> EngineClient::replace(
    deploy::Fence fence, deploy::Facts facts, milliseconds grace
) {
    json::object request{
        {"call", "replace"},
        {"fence", wire::to_json(fence)},
        {"facts", wire::to_json(facts)},
        {"grace_ms", grace.count()},
    };
    const json::value answer = ACME_TRY(co_await call(std::move(request), grace));
    co_return answer.as_bool();
}

Task<Result<>> EngineClient::start_beside(deploy::Fence fence, deploy::Facts facts) {
    return do_it({
        {"call", "start_beside"},
        {"fence", wire::to_json(fence)},
        {"facts", wire::to_json(facts)},
    });
}

Task<Result<bool>> EngineClient::settle(
    deploy::Fence fence, std::string node, std::string address, milliseconds grace
) {
    json::object request{
        {"call", "settle"},
        {"fence", wire::to_json(fence)},
        {"node", node},
        {"address", address},
        {"grace_ms", grace.count()},
    };
    const json::value answer = ACME_TRY(co_await call(std::move(request), grace));
    co_return answer.as_bool();
}

Task<Result<>> EngineClient::kill(deploy::Fence fence, std::string node) {
    return do_it({
        {"call", "kill"},
        {"fence", wire::to_json(fence)},
        {"node", node},
    });
}

Task<Result<>> EngineClient::label(deploy::Fence fence, deploy::Facts facts) {
    return do_it({
        {"call", "label"},
        {"fence", wire::to_json(fence)},
        {"facts", wire::to_json(facts)},
    });
}

Task<Result<>> EngineClient::mark_good(deploy::Fence fence, std::string release) {
    return do_it({
        {"call", "mark_good"},
        {"fence", wire::to_json(fence)},
        {"release", release},
    });
}

Task<Result<deploy::Ended>> EngineClient::run_once(
    deploy::Fence fence, std::string release, std::vector<std::string> argv, milliseconds time_max
) {
    json::object request{
        {"call", "run_once"},
        {"fence", wire::to_json(fence)},
        {"release", release},
        {"argv", json::array(argv.begin(), argv.end())},
        {"time_max_ms", time_max.count()},
    };
    const json::value answer = ACME_TRY(co_await call(std::move(request), time_max));
    co_return wire::ended_of(answer);
}

}  // namespace acme::local
