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
/// nullopt when somebody has it. Throws std::system_error when there is no descriptor left.
std::optional<Hold> take_port(const std::string& address, std::uint16_t port);

/// Takes a name for as long as the Hold lives. It counts where a TCP port counts, in one network of
/// one machine, whichever account or folder asks, and nothing of it stays behind. nullopt when
/// somebody has it. At most name_bytes_max. Source: unix(7), abstract sockets.
inline constexpr std::size_t name_bytes_max = 100;
std::optional<Hold> take_name(std::string_view name);

/// Locks a file, made if it is not there (mode 0600), until the Hold or the process dies. nullopt
/// when another process holds it. Throws std::system_error when the file cannot be opened.
std::optional<Hold> lock_file(const std::string& path);

/// Replaces what the locked file holds: who has it, for people and for other processes.
void write_note(const Hold& lock, std::string_view text);

/// False when there is no such process, or it is another user's.
bool signal_process(pid_t pid, int number);

/// How many processes the kernel has ended for want of memory since it began, of this machine or,
/// in a container, of the one around it; 0 where it does not tell. Source: proc(5), /proc/vmstat.
std::int64_t oom_kills();

bool is_root();
pid_t own_pid();
int own_user();

}  // namespace acme::process
