#include "io/fetch/multi.hpp"

#include <bit>

namespace acme::fetch {
namespace {

/// Once in the process, before the first handle; never undone, as libraries of others use it too.
bool is_started() {
    static const bool is_started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return is_started;
}

}  // namespace

Multi::Multi(const Executor& executor, const Options& options)
    : executor_(executor), multi_(is_started() ? curl_multi_init() : nullptr), timer_(executor) {
    if (multi_ == nullptr) throw std::runtime_error("libcurl does not start");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    // Several requests on one connection would hold each other up while one is not read.
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl_multi_setopt(
        multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options.idle_connections_max)
    );
}

Multi::~Multi() { close(); }

void Multi::add(Transfer& transfer) {
    transfers_.insert(&transfer);
    curl_multi_add_handle(multi_, transfer.easy());
}

void Multi::remove(Transfer& transfer) {
    if (transfers_.erase(&transfer) > 0) curl_multi_remove_handle(multi_, transfer.easy());
}

void Multi::close() {
    if (multi_ == nullptr) return;
    while (!transfers_.empty()) {
        Transfer& transfer = **transfers_.begin();
        transfer.fail(Reason::closed, "the client is closed");
    }
    // Closes the idle connections, and has on_socket() let go of what is still watched.
    curl_multi_cleanup(std::exchange(multi_, nullptr));
    for (auto& [socket, watched] : watches_) watched->descriptor.release();
    watches_.clear();
    timer_.cancel();
}

int Multi::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<Multi*>(self)->watch(socket, what);
    return 0;
}

int Multi::on_timer(CURLM*, long time_ms, void* self) {
    static_cast<Multi*>(self)->set_timer(time_ms);
    return 0;
}

void Multi::watch(curl_socket_t socket, int what) {
    if (what == CURL_POLL_REMOVE) return unwatch(socket);
    WatchPtr& watched = watches_[socket];
    if (!watched) {
        watched = std::make_shared<Watch>(executor_);
        watched->descriptor.assign(socket);
    }
    watched->wanted = what;
    arm(socket, watched);
}

void Multi::unwatch(curl_socket_t socket) {
    const auto found = watches_.find(socket);
    if (found == watches_.end()) return;
    found->second->wanted = CURL_POLL_NONE;
    found->second->descriptor.release();  // what waits for it ends with an error
    watches_.erase(found);
}

/// Waits once for each direction that is wanted; on_ready() comes back here.
void Multi::arm(curl_socket_t socket, const WatchPtr& watched) {
    const auto await = [&](auto direction, int event, bool& is_awaited) {
        if (is_awaited) return;
        is_awaited = true;
        watched->descriptor.async_wait(
            direction,
            [self = weak_from_this(), socket, watched, event](boost::system::error_code error) {
                const auto multi = self.lock();
                if (multi && error != asio::error::operation_aborted) {
                    multi->on_ready(socket, watched, event);
                }
            }
        );
    };
    if ((watched->wanted & CURL_POLL_IN) != 0) {
        await(Descriptor::wait_read, CURL_CSELECT_IN, watched->awaits_read);
    }
    if ((watched->wanted & CURL_POLL_OUT) != 0) {
        await(Descriptor::wait_write, CURL_CSELECT_OUT, watched->awaits_write);
    }
}

void Multi::on_ready(curl_socket_t socket, const WatchPtr& watched, int event) {
    (event == CURL_CSELECT_IN ? watched->awaits_read : watched->awaits_write) = false;
    const int direction = event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
    if ((watched->wanted & direction) == 0) return;  // libcurl has changed its mind meanwhile
    act(socket, event);
    if (watched->wanted != CURL_POLL_NONE) arm(socket, watched);
}

void Multi::set_timer(long time_ms) {
    timer_.cancel();
    if (time_ms < 0) return;
    timer_.expires_after(std::chrono::milliseconds(time_ms));
    timer_.async_wait([self = weak_from_this()](boost::system::error_code error) {
        const auto multi = self.lock();
        if (multi && !error) multi->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void Multi::act(curl_socket_t socket, int events) {
    if (multi_ == nullptr) return;
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    take_finished();
}

void Multi::take_finished() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        char* owner = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        auto& transfer = *std::bit_cast<Transfer*>(owner);  // libcurl keeps any pointer as this one
        remove(transfer);  // the connection is free for the next one
        transfer.finish(code);
    }
}

}  // namespace acme::fetch
