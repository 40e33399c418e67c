// Source: libcurl, "CURLOPT_MAIL_FROM" and the MIME API; RFC 5322 (the headers).
#include "io/smtp/sending.hpp"

#include <openssl/ssl.h>

#include <ctime>
#include <stdexcept>
#include <tuple>

namespace acme::smtp {
namespace {

constexpr std::chrono::milliseconds connect_time_max{10'000};
constexpr std::chrono::milliseconds time_max{30'000};  // less than a job's

std::string part_of(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
    std::string copy(text);
    curl_free(text);
    return copy;
}

/// Debian builds libcurl with a file of authorities of its own; the system's way knows
/// SSL_CERT_FILE too.
CURLcode trust_system(CURL*, void* context, void*) {
    SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(context));
    return CURLE_OK;
}

bool is_this_machine(std::string_view host) {
    return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

std::string domain_of(std::string_view address) {
    return std::string(address.substr(address.rfind('@') + 1));
}

/// "Sun, 29 Nov 2026 08:34:06 +0000". Source: RFC 5322, 3.3.
std::string date_text(WallTime at) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const auto length =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return {text.data(), length};
}

/// Lines as mails have them: libcurl takes a line feed alone for a character of the text.
std::string with_line_ends(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

}  // namespace

Sending::Sending(
    const Options& options, const Letter& letter, const std::string& message_id, WallTime date
)
    : url_(curl_url()), easy_(curl_easy_init()) {
    if (!easy_ || !url_) throw std::bad_alloc();
    set_server(options);
    set_mail(options, letter, message_id, date);
}

void Sending::append(List& list, const std::string& line) {
    if (line.find_first_of("\r\n") != line.npos) {
        throw std::invalid_argument("a header of a mail has a line end in it");
    }
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    std::ignore = list.release();
    list.reset(longer);
}

/// The domain we say that we are stands in the URL's path, as libcurl takes it: not this machine's
/// own name.
void Sending::set_server(const Options& options) {
    CURL* const easy = easy_.get();
    const std::string domain = "/" + domain_of(options.from);
    if (curl_url_set(url_.get(), CURLUPART_URL, options.url.c_str(), 0) != CURLUE_OK ||
        curl_url_set(url_.get(), CURLUPART_PATH, domain.c_str(), 0) != CURLUE_OK) {
        throw std::invalid_argument("SMTP_URL is no URL");
    }
    long tls = CURLUSESSL_TRY;
    const bool has_password = !part_of(url_.get(), CURLUPART_PASSWORD).empty();
    if (has_password || options.demands_tls) tls = CURLUSESSL_ALL;
    if (is_this_machine(part_of(url_.get(), CURLUPART_HOST))) tls = CURLUSESSL_NONE;
    curl_easy_setopt(easy, CURLOPT_CURLU, url_.get());
    curl_easy_setopt(easy, CURLOPT_USE_SSL, tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &trust_system);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(time_max.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_time_max.count()));
}

void Sending::set_mail(
    const Options& options, const Letter& letter, const std::string& message_id, WallTime date
) {
    CURL* const easy = easy_.get();
    const std::string from = "<" + options.from + ">";
    append(recipients_, "<" + letter.to + ">");
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients_.get());

    append(headers_, "Date: " + date_text(date));
    append(headers_, "From: Acme " + from);
    append(headers_, "To: <" + letter.to + ">");
    append(headers_, "Subject: " + letter.subject);
    append(headers_, "Message-ID: <" + message_id + ">");
    append(headers_, "Auto-Submitted: auto-generated");  // RFC 3834: nobody on holiday answers
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());

    mime_.reset(curl_mime_init(easy));
    curl_mimepart* const part = mime_ ? curl_mime_addpart(mime_.get()) : nullptr;
    if (part == nullptr) throw std::bad_alloc();
    const std::string text = with_line_ends(letter.text);
    curl_mime_data(part, text.data(), text.size());
    curl_mime_type(part, "text/plain; charset=utf-8");
    curl_mime_encoder(part, "quoted-printable");
    curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime_.get());
}

CURLcode Sending::perform() {
    code_ = curl_easy_perform(easy_.get());
    return code_;
}

long Sending::reply() const {
    long reply = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &reply);
    return reply;
}

/// libcurl says "RCPT failed: 550" of a recipient and "DATA failed: 554" of a mail, and has no
/// words when the mail is refused after it was read. "MAIL failed" is about us.
bool Sending::is_refusal() const {
    if (reply() < 500 || reply() > 599) return false;
    const std::string_view words(error_text_.data());
    if (words.starts_with("RCPT failed") || words.starts_with("DATA failed")) return true;
    return words.empty() && (code_ == CURLE_RECV_ERROR || code_ == CURLE_WEIRD_SERVER_REPLY);
}

}  // namespace acme::smtp
