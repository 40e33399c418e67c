#pragma once

/// What this machine has to give: addresses, ports, a file that says "taken".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
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

/// Takes a TCP port of an IPv4 address for as long as the Hold lives; nobody is answered there.
/// nullopt when somebody has it.
std::optional<Hold> take_port(const std::string& address, std::uint16_t port);

/// Locks a file, made if it is not there (mode 0600), until the Hold or the process dies. nullopt
/// when another process holds it. Throws std::system_error when the file cannot be opened.
std::optional<Hold> lock_file(const std::string& path);

/// Replaces what the locked file holds: who has it, for people and for other processes.
void write_note(const Hold& lock, std::string_view text);

/// False when there is no such process, or it is another user's.
bool signal_process(pid_t pid, int number);

bool is_root();
pid_t own_pid();
int own_user();

}  // namespace acme::process
