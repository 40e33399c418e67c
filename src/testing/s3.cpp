#include "testing/s3.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace acme::testing {
namespace {

namespace fs = std::filesystem;

const fs::path program = fs::path(ACME_SOURCE_DIR) / ".acme/tools/versitygw@1.8.0/versitygw";

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

}  // namespace

S3Server::S3Server() {
    if (!fs::exists(program)) {
        throw std::runtime_error(
            program.string() + " is missing: run ./dev setup, which builds it"
        );
    }
    // Its POSIX backend takes each folder for a bucket.
    const fs::path& folder = child_.folder();
    for (const char* part : {"iam", "versions", "buckets"}) fs::create_directory(folder / part);
    fs::create_directory(folder / "buckets" / bucket);
    start();
}

std::string S3Server::endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

void S3Server::start() {
    const std::vector<std::string> words{
        program,
        "--access",
        access_key,
        "--secret",
        secret_key,
        "--port",
        "127.0.0.1:" + std::to_string(port_),
        "--iam-dir",
        child_.folder() / "iam",
        "posix",
        "--versioning-dir",
        child_.folder() / "versions",
        child_.folder() / "buckets",
    };
    child_.start(words);
    for (int i = 0; i < 3000; ++i) {
        if (is_ready()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("versitygw does not start");
}

bool S3Server::is_ready() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(port_);
    const bool ok = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    ::close(socket);
    return ok;
}

void S3Server::stop() const { child_.signal(SIGSTOP); }
void S3Server::go_on() const { child_.signal(SIGCONT); }

}  // namespace acme::testing
