#pragma once

/// One mail as libcurl sees it. Private to io/smtp.

#include "io/smtp/smtp.hpp"

#include <array>
#include <curl/curl.h>

namespace acme::smtp {

class Sending {
public:
    /// Throws std::bad_alloc, std::invalid_argument for a URL that is none, or for a line end in
    /// what becomes a header.
    Sending(
        const Options& options, const Letter& letter, const std::string& message_id, WallTime date
    );
    /// Blocks until the server has answered, 30 seconds at most.
    CURLcode perform();

    long reply() const;  // the server's last: 250, 451; 0 for none

    /// The server has refused this mail and will again. Who sends, and whether we may, can change.
    bool is_refusal() const;

private:
    struct Free {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
        void operator()(CURLU* url) const { curl_url_cleanup(url); }
        void operator()(curl_mime* mime) const { curl_mime_free(mime); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, Free>;

    static void append(List& list, const std::string& line);
    void set_server(const Options& options);
    void set_mail(
        const Options& options, const Letter& letter, const std::string& message_id, WallTime date
    );

    std::array<char, CURL_ERROR_SIZE> error_text_{};
    std::unique_ptr<CURLU, Free> url_;
    std::unique_ptr<curl_mime, Free> mime_;
    List recipients_;
    List headers_;
    std::unique_ptr<CURL, Free> easy_;  // goes first: it knows the others

    CURLcode code_ = CURLE_OK;
};

}  // namespace acme::smtp
