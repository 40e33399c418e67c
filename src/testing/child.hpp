#pragma once

/// A real server as a child of one test: in a folder of its own, gone with its owner, even if the
/// test's process is killed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace acme::testing {

/// On the loopback, free a moment ago: for servers that cannot choose one themselves.
std::uint16_t free_port();

class Child {
public:
    /// Makes the folder, "/tmp/acme-redis-x7Tq2a". Nothing runs yet.
    explicit Child(const std::string& name);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    const std::filesystem::path& folder() const { return folder_; }

    /// Runs `words`, of which the first is found in PATH, in the folder. What it prints is lost.
    void start(const std::vector<std::string>& words);

    void signal(int number) const;

    /// By SIGKILL; it has ended when this returns. Nothing when none runs.
    void kill();

private:
    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

}  // namespace acme::testing
