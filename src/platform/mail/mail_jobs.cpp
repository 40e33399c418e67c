#include "platform/mail/mail_jobs.hpp"

#include "base/text.hpp"

namespace acme::mail {
namespace {

constexpr std::string_view deliver_kind = "mail.deliver";

/// The arguments are one JSON text: the id.
Task<Result<>> deliver(Mail& mail, trace::Context context, std::string args) {
    const std::string_view text(args);
    const auto id = MailId::parse(text.size() < 2 ? "" : text.substr(1, text.size() - 2));
    if (!id) co_return refuse(ErrorKind::invalid, "mail.args", "No id.");
    co_return co_await mail.deliver(context, *id);
}

Task<Result<>> sweep(Mail& mail, trace::Context context) {
    co_await mail.sweep(context);
    co_return done;
}

}  // namespace

void add_jobs(jobs::Registry& jobs, Mail& mail) {
    jobs.add(
        deliver_kind,
        [&mail](trace::Context context, std::string args) {
            return deliver(mail, context, std::move(args));
        },
        {.waits_for_others = true}
    );
    jobs.add("mail.sweep", [&mail](trace::Context context, std::string) {
        return sweep(mail, context);
    });
}

Task<> enqueue_delivery(
    pg::Transaction& transaction, trace::Context context, const Clock& clock, MailId id
) {
    std::string args;
    append_json_string(args, id.str());
    return jobs::enqueue(
        transaction, context, clock, deliver_kind, std::move(args), {.queue = "mail"}
    );
}

}  // namespace acme::mail
