#pragma once

/// Asks a program of this machine over its UNIX socket.

#include "io/loop/loop.hpp"

#include <stdexcept>
#include <string>

namespace acme::socket {

/// Nobody is there, or he is silent, or he says too much.
class Fault : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sends `line`, which has no line end, and returns the line that is answered, without its end.
/// Throws Fault after `time_max` at the latest, and for an answer that is cut off or longer than
/// `bytes_max`.
Task<std::string> ask(
    std::string path, std::string line, std::chrono::milliseconds time_max, std::size_t bytes_max
);

}  // namespace acme::socket
