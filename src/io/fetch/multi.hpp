#pragma once

/// Lets the loop drive libcurl: which sockets it waits for, and when it wants to be called anyway.
/// Private to io/fetch. Source: libcurl, "curl_multi_socket_action" (the event-driven interface).

#include "io/fetch/transfer.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <unordered_map>
#include <unordered_set>

namespace acme::fetch {

class Multi : public std::enable_shared_from_this<Multi> {
public:
    Multi(const Executor& executor, const Options& options);
    ~Multi();
    Multi(const Multi&) = delete;
    Multi& operator=(const Multi&) = delete;

    void add(Transfer& transfer);

    /// Breaks it off if it is under way.
    void remove(Transfer& transfer);

    /// Fails what is under way, and lets go of every socket.
    void close();

    std::size_t size() const { return transfers_.size(); }

private:
    using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
    using Timer = asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        Executor>;

    /// A socket of libcurl's, which opens and closes it; here it is only watched.
    struct Watch {
        explicit Watch(const Executor& executor) : descriptor(executor) {}

        Descriptor descriptor;
        int wanted = CURL_POLL_NONE;
        bool awaits_read = false;
        bool awaits_write = false;
    };

    using WatchPtr = std::shared_ptr<Watch>;

    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
    static int on_timer(CURLM*, long time_ms, void* self);

    void watch(curl_socket_t socket, int what);
    void unwatch(curl_socket_t socket);
    void arm(curl_socket_t socket, const WatchPtr& watched);
    void on_ready(curl_socket_t socket, const WatchPtr& watched, int event);
    void set_timer(long time_ms);
    void act(curl_socket_t socket, int events);
    void take_finished();

    Executor executor_;
    CURLM* multi_;
    Timer timer_;
    std::unordered_map<curl_socket_t, WatchPtr> watches_;
    std::unordered_set<Transfer*> transfers_;
};

}  // namespace acme::fetch
