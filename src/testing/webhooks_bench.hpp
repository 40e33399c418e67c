#pragma once

/// Webhooks over HTTP, with a receiver that listens on a port of its own, on top of organizations.

#include "platform/webhooks/sender.hpp"
#include "platform/webhooks/webhooks_http.hpp"
#include "testing/organizations_bench.hpp"
#include "testing/server_bench.hpp"

#include <mutex>

namespace acme::testing {

/// Answers every POST to /hook as it is told to, and keeps what came.
class Receiver {
public:
    struct Received {
        std::string id;
        std::string timestamp;
        std::string signatures;
        std::string body;
    };

    Receiver();

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port) + "/hook"; }
    void answer_with(int status, http::HeaderList headers = {}, std::string body = "");
    std::vector<Received> received() const;

private:
    Task<Result<http::Response>> take(const http::Call& call);

    mutable std::mutex guard_;
    std::vector<Received> received_;
    int status_ = 204;
    http::HeaderList headers_;
    std::string body_;
    ServerBench server_{{.head_bytes_max = 4096, .rest_bytes_max = 4096}};
};

/// Ada, who owns an organization, and what happens in it.
struct WebhooksBench : OrganizationsBench {
    explicit WebhooksBench(webhooks::Policy policy = on_this_machine());
    ~WebhooksBench();

    static webhooks::Policy on_this_machine();

    /// For the receiver; its id.
    std::string make(const std::string& types = R"("*")");

    /// With a key of its own.
    http::Response post(const std::string& path, const std::string& body = "");
    http::Response patch(const std::string& id, const std::string& body);

    /// In Ada's organization, to a subject of its own if none is named.
    void happen(std::string_view type = "member.joined", std::string subject = "");
    void fan_out() { wait(deliveries.fan_out(context)); }

    /// All that is due is sent; how many lanes were found.
    int send() { return wait(sender.run_once()); }

    /// A row of the only delivery, or of the newest one.
    std::string newest(std::string_view key);

    UserId ada = add_user("ada@example.com");
    OrgId org = wait(node.accounts.standing(context, ada)).value().org;
    Browser browser = signed_in("ada@example.com");
    Receiver receiver;
    fetch::Client client;
    webhooks::Webhooks webhooks;
    webhooks::Deliveries deliveries{db, telemetry};
    webhooks::Lanes lanes;
    webhooks::Sender sender;

private:
    int keys_ = 0;
    int subjects_ = 0;
};

}  // namespace acme::testing
