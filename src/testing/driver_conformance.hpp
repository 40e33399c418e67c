#pragma once

/// What every deploy::Driver does (C-6), sentence by sentence of its header, on real programs. A
/// driver is tested by INSTANTIATE_TEST_SUITE_P(…, DriverConformance, ::testing::Values(…)), and
/// likewise for DriverBeside.

#include "operate/deploy/driver.hpp"
#include "testing/bench.hpp"

#include <memory>
#include <string>

namespace acme::testing {

/// Machines of a test, with the nodes "app-1" and "app-2" on which nothing runs yet. "app-1" has
/// room for a second program, "app-2" has none.
class Machines {
public:
    virtual ~Machines() = default;
    virtual deploy::Driver& driver() = 0;

    /// Unpacks a release whose program is that script of /bin/sh, named `id`.
    virtual void add_release(std::string id, std::string script) = 0;

    /// Kills what answers the driver, as kill -9 does, and starts it again; or leaves it dead.
    virtual void kill_engine() = 0;
    virtual void start_engine() = 0;
};

struct DriverUnderTest {
    const char* name;
    std::unique_ptr<Machines> (*make)(DryBench& bench);
};

class DriverConformance : public ::testing::TestWithParam<DriverUnderTest> {
protected:
    DriverConformance();

    deploy::Driver& driver() { return machines->driver(); }

    /// What is on the node now; fails the test when nothing ever was.
    deploy::Instance look(const std::string& node);

    /// Looks until `is_so` says so, for a minute.
    template <class IsSo>
    deploy::Instance look_until(const std::string& node, const IsSo& is_so) {
        deploy::Instance instance = look(node);
        for (int i = 0; i < 3000 && !is_so(instance); ++i) {
            bench.wait(sleep_for(std::chrono::milliseconds(20)));
            instance = look(node);
        }
        EXPECT_TRUE(is_so(instance));
        return instance;
    }

    static deploy::Facts facts_of(const std::string& node, const std::string& release);
    Result<> start(const std::string& node, const std::string& release);
    Result<bool> stop(const std::string& node, std::chrono::milliseconds grace);

    /// "" or the code of the refusal.
    template <class T>
    static std::string code_of(const Result<T>& result) {
        return result ? "" : std::string(result.error().code.text());
    }

    DryBench bench;
    std::unique_ptr<Machines> machines;
    deploy::Fence fence;  // held by the test
};

/// Of a driver that has room for a second program somewhere.
class DriverBeside : public DriverConformance {
protected:
    DriverBeside();
    Result<> start_beside(const std::string& node, const std::string& release);
    Result<bool> settle(const std::string& address);  // of "app-1"

    /// Of "app-1", when both programs run.
    deploy::Instance start_both();
};

}  // namespace acme::testing
