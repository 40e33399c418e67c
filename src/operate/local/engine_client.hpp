#pragma once

/// The `process` driver (C-6) as a controller has it: `acme up` does the work, and is asked over
/// its socket, Layout::engine().

#include "operate/deploy/driver.hpp"

#include <boost/json/object.hpp>

namespace acme::local {

/// Holds nothing: made anew, it goes on where another left off. A call whose caller gives up goes
/// on in the engine; whoever comes after looks first. Besides the errors of the Driver:
/// engine.failed (unavailable), when the engine could not do it and says why.
class EngineClient final : public deploy::Driver {
public:
    explicit EngineClient(std::string socket) : socket_(std::move(socket)) {}

    Task<Result<std::vector<deploy::Instance>>> instances() override;
    Task<Result<std::vector<deploy::Stored>>> releases() override;
    Task<Result<deploy::Fence>> take(
        std::string holder, std::chrono::milliseconds time_max, deploy::Claim claim
    ) override;
    Task<Result<deploy::Fence>> held() override;
    Task<Result<>> give_back(deploy::Fence fence) override;
    Task<Result<bool>> stop(deploy::Fence fence, std::string node, std::chrono::milliseconds grace)
        override;
    Task<Result<>> start(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<bool>> replace(
        deploy::Fence fence, deploy::Facts facts, std::chrono::milliseconds grace
    ) override;
    Task<Result<>> start_beside(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<bool>> settle(
        deploy::Fence fence, std::string node, std::string address, std::chrono::milliseconds grace
    ) override;
    Task<Result<>> kill(deploy::Fence fence, std::string node) override;
    Task<Result<>> label(deploy::Fence fence, deploy::Facts facts) override;
    Task<Result<>> mark_good(deploy::Fence fence, std::string release) override;
    Task<Result<deploy::Ended>> run_once(
        deploy::Fence fence,
        std::string release,
        std::vector<std::string> argv,
        std::chrono::milliseconds time_max
    ) override;

private:
    /// `more` is the time that the work itself may take.
    Task<Result<boost::json::value>> call(
        boost::json::object request, std::chrono::milliseconds more = {}
    );
    Task<Result<>> do_it(boost::json::object request);

    std::string socket_;
};

}  // namespace acme::local
