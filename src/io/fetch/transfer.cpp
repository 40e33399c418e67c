#include "io/fetch/transfer.hpp"

#include "base/text.hpp"
#include "io/fetch/multi.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace acme::fetch {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == text.npos) return "";
    return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Reason reason_of(CURLcode code, CURL* easy) {
    long bytes_sent = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes_sent);
    if (bytes_sent > 0) return Reason::broken_off;
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_ISSUER_ERROR: return Reason::insecure;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
        case CURLE_OPERATION_TIMEDOUT: return Reason::unreachable;  // only connecting is timed
        default: return Reason::broken_off;
    }
}

/// "" for what is neither IPv4 nor IPv6.
std::string text_of(const curl_sockaddr& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto size = static_cast<socklen_t>(text.size());
    if (address.family == AF_INET) {
        sockaddr_in peer{};
        std::memcpy(&peer, &address.addr, sizeof(peer));
        ::inet_ntop(AF_INET, &peer.sin_addr, text.data(), size);
    } else if (address.family == AF_INET6) {
        sockaddr_in6 peer{};
        std::memcpy(&peer, &address.addr, sizeof(peer));  // libcurl keeps room for it
        ::inet_ntop(AF_INET6, &peer.sin6_addr, text.data(), size);
    }
    return text.data();
}

}  // namespace

Transfer::Transfer(const Executor& executor, Request request, const Options& options)
    : executor_(executor),
      request_(std::move(request)),
      may_connect_(options.may_connect),
      easy_(curl_easy_init()),
      deadline_(executor) {
    if (easy_ == nullptr) throw std::bad_alloc();
    try {
        set_options(options);
        set_method();
        set_headers();
    } catch (...) {
        curl_slist_free_all(headers_out_);
        curl_easy_cleanup(easy_);
        throw;
    }
}

Transfer::~Transfer() {
    leave();
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_out_);
}

void Transfer::set_options(const Options& options) {
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
    curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);  // what was signed is what is sent
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(
        easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_time_max.count())
    );
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_head);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    if (may_connect_) {
        curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
        curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
    }
    if (!options.ca_file.empty()) {
        curl_easy_setopt(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
    }
    if (options.needs_tls_1_3) {
        curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_3));
    }
    if (!options.user_agent.empty()) {
        curl_easy_setopt(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
    }
}

void Transfer::set_method() {
    const std::string& method = request_.method;
    const bool takes_body = method == "POST" || method == "PUT" || method == "PATCH";
    if (takes_body || !request_.body.empty()) {
        curl_easy_setopt(easy_, CURLOPT_POST, 1L);
        curl_easy_setopt(
            easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())
        );
        // Is not copied; a null pointer would have libcurl ask for the body.
        const char* const bytes = request_.body.empty() ? "" : request_.body.data();
        curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, bytes);
    } else if (method == "HEAD") {
        curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    }
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void Transfer::set_headers() {
    const auto add = [&](const std::string& line) {
        if (line.find_first_of("\r\n") != line.npos) {
            throw std::invalid_argument("a header has a line end in it");
        }
        curl_slist* const longer = curl_slist_append(headers_out_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        headers_out_ = longer;
    };
    add("Expect:");         // libcurl would ask first, which costs a round trip for each part
    bool has_type = false;  // libcurl would take a body for a form
    for (const auto& [name, value] : request_.headers) {
        has_type = has_type || is_same_name(name, "Content-Type");
        std::string line = name;
        add(value.empty() ? line.append(";") : line.append(": ").append(value));
    }
    if (!has_type) add("Content-Type:");
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_out_);
}

void Transfer::start(const std::shared_ptr<Multi>& multi) {
    multi_ = multi;
    multi->add(*this);
}

void Transfer::leave() {
    if (const auto multi = multi_.lock()) multi->remove(*this);
    multi_.reset();
}

std::size_t Transfer::on_head(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_head({bytes, count});
}

std::size_t Transfer::on_body(char* bytes, std::size_t, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, count});
}

/// The address is the one that is connected to next; none is looked up after this.
curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.may_connect_(text_of(*address))) {
        transfer.is_forbidden_ = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// One line of the head, with its end. Heads of 1xx answers come first and are not the answer;
/// lines after the body (trailers) are not asked for by anybody.
std::size_t Transfer::take_head(std::string_view line) {
    constexpr std::size_t refused = 0;
    head_bytes_ += line.size();
    if (head_bytes_ > head_bytes_max) return refused;
    if (has_head_) return line.size();
    const std::string_view text = trimmed(line);
    if (text.starts_with("HTTP/") && status_ == 0) {
        const auto blank = std::min(text.find(' '), text.size());
        status_ = parse_number<int>(trimmed(text.substr(blank).substr(0, 4))).value_or(0);
        if (status_ < 100) return refused;
    } else if (!text.empty()) {
        const auto colon = std::min(text.find(':'), text.size());
        const auto value = text.substr(std::min(colon + 1, text.size()));
        headers_.emplace_back(text.substr(0, colon), trimmed(value));
    } else if (status_ < 200) {
        status_ = 0;
        headers_.clear();
    } else {
        has_head_ = true;
        wake();
    }
    return line.size();
}

std::size_t Transfer::take_body(std::string_view bytes) {
    if (filling_.size() >= buffer_bytes_max) {
        is_paused_ = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    filling_ += bytes;
    wake();
    return bytes.size();
}

void Transfer::finish(CURLcode code) {
    is_finished_ = true;
    if (code != CURLE_OK) {
        const std::string why =
            error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
        const bool is_forbidden = is_forbidden_ && code == CURLE_COULDNT_CONNECT;
        fault_.emplace(
            is_forbidden ? Reason::forbidden : reason_of(code, easy_),
            std::string(request_.name) + ": " + (is_forbidden ? "no address is allowed" : why)
        );
    } else if (!has_head_) {
        fault_.emplace(Reason::broken_off, std::string(request_.name) + ": no answer");
    }
    wake();
}

void Transfer::fail(Reason reason, const std::string& text) {
    leave();
    if (!is_finished_) {
        is_finished_ = true;
        fault_.emplace(reason, std::string(request_.name) + ": " + text);
    }
    wake();
}

std::string_view Transfer::header(std::string_view name) const {
    for (const auto& [key, value] : headers_) {
        if (is_same_name(key, name)) return value;
    }
    return "";
}

Task<> Transfer::wait_for_head() {
    if (!has_head_ && !is_finished_) co_await wait(request_.answer_time_max);
    if (!has_head_) throw fault_.value();
}

Task<std::string_view> Transfer::read() {
    handed_.clear();
    if (filling_.empty() && !is_finished_) co_await wait(request_.silence_time_max);
    if (filling_.empty() && fault_) throw *fault_;
    std::swap(filling_, handed_);
    if (is_paused_ && !is_finished_) {
        is_paused_ = false;
        curl_easy_pause(easy_, CURLPAUSE_CONT);  // may come back through on_body() at once
    }
    co_return handed_;
}

Task<> Transfer::wait(std::chrono::milliseconds time_max) {
    end_after(time_max);
    const auto start = [this](auto handler) {
        cancelled_ = asio::get_associated_cancellation_slot(handler);
        if (cancelled_.is_connected()) {
            cancelled_.assign([this](asio::cancellation_type) {
                is_cancelled_ = true;
                fail(Reason::closed, "cancelled");
            });
        }
        waiting_ = [this, handler = std::move(handler)]() mutable {
            asio::post(executor_, std::move(handler));
        };
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(start, use_task);
    if (cancelled_.is_connected()) cancelled_.clear();  // it must not call what is gone
    deadline_.cancel();
    if (is_cancelled_) throw boost::system::system_error(asio::error::operation_aborted);
}

void Transfer::end_after(std::chrono::milliseconds time_max) {
    deadline_.expires_after(time_max);
    const auto on_time = [self = weak_from_this(),
                          wait = ++waits_](boost::system::error_code error) {
        const auto transfer = self.lock();
        if (!transfer || error || transfer->waits_ != wait) return;
        if (transfer->waiting_) transfer->fail(Reason::timed_out, "no answer in time");
    };
    deadline_.async_wait(on_time);
}

/// The one that waits goes on in a later turn of the loop.
void Transfer::wake() {
    if (waiting_) std::exchange(waiting_, nullptr)();
}

}  // namespace acme::fetch
