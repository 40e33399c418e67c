#pragma once

#include "operate/deploy/driver.hpp"

#include <functional>
#include <utility>

namespace acme::testing {

/// Nodes on paper: they do at once what they are told.
class PaperDriver final : public deploy::Driver {
public:
    Task<Result<std::vector<deploy::Instance>>> instances() override {
        calls.emplace_back("instances");
        co_return nodes;
    }
    Task<Result<std::vector<deploy::Stored>>> releases() override {
        co_return std::vector<deploy::Stored>{
            {.id = "new", .digest = ""}, {.id = "old", .digest = ""}
        };
    }
    Task<Result<deploy::Fence>> take(std::string holder, std::chrono::milliseconds, deploy::Claim)
        override {
        if (before_taken) co_await std::exchange(before_taken, nullptr)();
        co_return fence = {.number = 9, .holder = std::move(holder)};
    }
    Task<Result<deploy::Fence>> held() override { co_return fence; }
    Task<Result<>> give_back(deploy::Fence) override {
        calls.emplace_back("give_back");
        co_return done;
    }
    Task<Result<bool>> stop(deploy::Fence, std::string, std::chrono::milliseconds) override {
        co_return true;
    }
    Task<Result<>> start(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<bool>> replace(deploy::Fence, deploy::Facts, std::chrono::milliseconds) override {
        co_return true;
    }
    Task<Result<>> start_beside(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<bool>> settle(deploy::Fence, std::string, std::string, std::chrono::milliseconds)
        override {
        co_return true;
    }
    Task<Result<>> kill(deploy::Fence, std::string) override { co_return done; }
    Task<Result<>> label(deploy::Fence, deploy::Facts) override { co_return done; }
    Task<Result<>> mark_good(deploy::Fence, std::string) override {
        calls.emplace_back("mark_good");
        if (silences-- <= 0) co_return done;
        co_return refuse(ErrorKind::unavailable, "engine.unreachable", "It does not answer.");
    }
    Task<Result<deploy::Ended>> run_once(
        deploy::Fence, std::string, std::vector<std::string>, std::chrono::milliseconds
    ) override {
        calls.emplace_back("run_once");
        co_return deploy::Ended{.code = 1};
    }

    std::vector<deploy::Instance> nodes;
    std::function<Task<>()> before_taken;
    int silences = 0;  // of mark_good()
    std::vector<std::string> calls;
    deploy::Fence fence;
};

}  // namespace acme::testing
