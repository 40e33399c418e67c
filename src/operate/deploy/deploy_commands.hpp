#pragma once

/// What the `acme deploy` commands do.

#include "io/cli/commands.hpp"
#include "operate/deploy/deploy_cli.hpp"

namespace acme::process {
class Signals;
}

namespace acme::deploy {

/// Prints what the journal is told as it is told.
Listener listener_of(const cli::Call& call);

class DeployCommands {
public:
    explicit DeployCommands(CliParts parts) : parts_(std::move(parts)), deployments_(parts_.db) {}

    Task<Result<>> run(const cli::Call& call);
    Task<Result<>> plan(const cli::Call& call);
    Task<Result<>> rollback(const cli::Call& call);
    Task<Result<>> status(const cli::Call& call);
    Task<Result<>> history(const cli::Call& call);
    Task<Result<>> wish(const cli::Call& call, std::string what);

    /// Follows the newest deployment until it ends.
    Task<Result<>> watch(const cli::Call& call);

private:
    static Result<Strategy> strategy_in(const cli::Call& call);
    Result<Limits> limits_of(const cli::Call& call) const;
    Task<Result<std::string>> reason_of(const cli::Call& call, const Limits& limits);
    Task<Result<>> confirm(const cli::Call& call, Ground& ground, const Order& order);
    Task<Result<>> with_database(Task<Result<>> task);
    Task<Result<>> ask_for(const cli::Call& call, std::string what);
    Task<Result<>> follow(const cli::Call& call);
    Task<std::vector<Deployment>> find_newest(const cli::Call& call, std::string& away);
    static Task<> show_progress(const cli::Call& call, Controller& controller, bool& is_over);
    Order order_of(const cli::Call& call) const;
    Task<Result<Order>> forward_order(const cli::Call& call, Driver& driver);
    Task<Result<Order>> return_order(const cli::Call& call, Ground& ground);
    Controller controller_of(Ground& ground, Journal& journal);
    Task<Result<>> show_plan(const cli::Call& call, Ground& ground, const Order& order);
    Task<Result<>> carry_out(const cli::Call& call, Ground& ground, Order order);
    static Task<> abort_on(process::Signals& signals, Controller& controller);
    Result<> said(
        const cli::Call& call, const std::string& release, const Ending& ending, std::size_t missing
    ) const;
    static boost::json::object status_json(
        const std::vector<NodeNow>& nodes, const std::vector<Deployment>& running, const Fence& held
    );

    CliParts parts_;
    Deployments deployments_;
};

}  // namespace acme::deploy
