#pragma once

/// One request and its answer as libcurl sees them. Private to io/fetch.
///
/// libcurl calls on_head() and on_body() while Multi drives it; the one task that waits is resumed
/// in a later turn of the loop, never inside libcurl, which must not be entered twice.

#include "io/fetch/fetch.hpp"
#include "io/loop/loop.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/wait_traits.hpp>

#include <array>
#include <curl/curl.h>
#include <functional>
#include <optional>

namespace acme::fetch {

class Transfer : public std::enable_shared_from_this<Transfer> {
public:
    /// libcurl hands over at most 16 KiB at once, so that much more may come to wait.
    static constexpr std::size_t buffer_bytes_max = std::size_t{64} * 1024;
    static constexpr std::size_t head_bytes_max = std::size_t{64} * 1024;

    /// Throws std::invalid_argument.
    Transfer(const Executor& executor, Request request, const Options& options);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Multi is told to drive it, and until when it lives.
    void start(const std::shared_ptr<Multi>& multi);

    Task<> wait_for_head();
    Task<std::string_view> read();

    /// By Multi: the last callback has come.
    void finish(CURLcode code);
    void fail(Reason reason, const std::string& text);

    int status() const { return status_; }
    std::string_view header(std::string_view name) const;
    std::string_view name() const { return request_.name; }
    CURL* easy() const { return easy_; }

private:
    using Timer = asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        Executor>;

    static std::size_t on_head(char* bytes, std::size_t, std::size_t count, void* self);
    static std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* self);
    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);

    void set_options(const Options& options);
    void set_method();
    void set_headers();
    void end_after(std::chrono::milliseconds time_max);
    std::size_t take_head(std::string_view line);
    std::size_t take_body(std::string_view bytes);

    /// Suspends until wake(), at most `time_max`. Throws when the task is cancelled.
    Task<> wait(std::chrono::milliseconds time_max);
    void wake();
    void leave();

    Executor executor_;
    Request request_;
    MayConnect may_connect_;
    CURL* easy_;
    curl_slist* headers_out_ = nullptr;
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    std::weak_ptr<Multi> multi_;

    int status_ = 0;
    HeaderList headers_;
    std::size_t head_bytes_ = 0;
    bool has_head_ = false;
    std::string filling_;  // what libcurl has brought
    std::string handed_;   // what the reader holds
    bool is_paused_ = false;
    bool is_finished_ = false;
    bool is_cancelled_ = false;
    bool is_forbidden_ = false;  // an address was refused
    std::optional<Fault> fault_;

    Timer deadline_;
    std::uint64_t waits_ = 0;  // a deadline of an earlier wait may still be on its way
    std::move_only_function<void()> waiting_;
    asio::cancellation_slot cancelled_;
};

}  // namespace acme::fetch
