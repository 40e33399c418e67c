#include "operate/local/keeper.hpp"

#include "io/process/machine.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>

namespace acme::local {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{20};
constexpr std::chrono::hours very_long{24};

std::string seconds_of(milliseconds time) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f s", static_cast<double>(time.count()) / 1000);
    return text;
}

}  // namespace

Task<> Keeper::run() {
    const Executor executor = co_await asio::this_coro::executor;
    while (!stopping_.is_set()) {
        const SteadyTime begun = clock_.steady();
        if (start(executor)) co_await child_->wait();
        if (stopping_.is_set()) break;
        const auto exit = child_ == nullptr ? process::Exit{.code = 127} : co_await child_->wait();
        co_await mourn(exit, begun);
    }
    if (!kept_.pid_file.empty()) std::remove(kept_.pid_file.c_str());
    stopped_.set();
}

bool Keeper::start(const Executor& executor) {
    child_.reset();
    is_ready_ = false;
    last_line_.clear();
    started_at_ = clock_.now();
    oom_kills_before_ = process::oom_kills();
    try {
        child_ = process::Child::start(executor, kept_.process, [this](std::string_view line) {
            hear(line);
        });
        write_pid();
        return true;
    } catch (const process::Fault& fault) {
        hear(fault.what());
        return false;
    }
}

/// For people and tests; nothing of ours reads it, so a disk that is full does not matter.
void Keeper::write_pid() const {
    if (kept_.pid_file.empty()) return;
    std::ofstream(kept_.pid_file, std::ios::trunc) << child_->pid() << "\n";
}

void Keeper::move_pid_file(std::string path) {
    std::rename(kept_.pid_file.c_str(), path.c_str());
    kept_.pid_file = std::move(path);
}

void Keeper::hear(std::string_view line) {
    if (line.empty()) return;
    last_line_ = line.substr(0, shown_bytes_max);
    lines_.push_back(last_line_);
    if (lines_.size() > lines_max) lines_.pop_front();
    if (!kept_.ready_line.empty() && line.find(kept_.ready_line) != line.npos) is_ready_ = true;
    logs_.write(kept_.name, line);
}

Task<> Keeper::mourn(process::Exit exit, SteadyTime begun) {
    ++deaths_;
    last_end_ = exit.signal != 0 ? "signal " + std::to_string(exit.signal)
                                 : "exit " + std::to_string(exit.code);
    was_out_of_memory_ = exit.signal == SIGKILL && process::oom_kills() > oom_kills_before_;
    const milliseconds wait = backoff_.next(clock_.steady() - begun);
    std::string line = kept_.name + " died: " + exit.text() + "; comes back in " + seconds_of(wait);
    if (!last_line_.empty()) line += ". It last said: " + last_line_;
    say_(line);
    co_await stopping_.wait_for(wait);
}

bool Keeper::kill() const {
    if (!is_running()) return false;
    child_->signal_group(SIGKILL);
    return true;
}

Task<bool> Keeper::stop(milliseconds grace, const process::Event& hurry) {
    stopping_.set();
    if (child_ != nullptr) child_->signal(kept_.stop_signal);
    const SteadyTime deadline = clock_.steady() + grace;
    while (is_running() && clock_.steady() < deadline && !hurry.is_set()) {
        co_await child_->wait_for(look_again);
    }
    if (is_running()) {
        was_killed_ = true;
        child_->signal_group(SIGKILL);
    }
    while (!stopped_.is_set()) co_await stopped_.wait_for(very_long);
    co_return !was_killed_;
}

}  // namespace acme::local
