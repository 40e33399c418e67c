#pragma once

/// What this machine has to give: addresses, ports, a file that says "taken".

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace acme::process {

/// A descriptor that is closed at the end of its life, and with it what it held.
class Hold {
public:
    explicit Hold(int descriptor) : descriptor_(descriptor) {}
    ~Hold();
    Hold(Hold&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Hold& operator=(Hold&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

/// Takes a TCP port of an IPv4 address for as long as the Hold lives, without listening. nullopt
/// when somebody has it.
std::optional<Hold> take_port(const std::string& address, std::uint16_t port);

/// Locks a file, made if it is not there (mode 0600), until the Hold or the process dies. nullopt
/// when another process holds it. Throws std::system_error when the file cannot be opened.
std::optional<Hold> lock_file(const std::string& path);

}  // namespace acme::process
