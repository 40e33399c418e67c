#pragma once

/// `acme up`: the order in which everything on this machine starts, is watched, and drains.

#include "io/loop/task_group.hpp"
#include "io/process/signals.hpp"
#include "io/socket/line_server.hpp"
#include "operate/local/choice.hpp"
#include "operate/local/engine.hpp"
#include "operate/local/ground.hpp"

#include <memory>
#include <string>
#include <vector>

namespace acme::local {

/// What the program around gives.
struct Surroundings {
    const Clock& clock;
    Random& random;
    process::Environment environment;  // of this process
    std::string home;                  // may be relative: then to where the program was called
    std::string program = "";  // what is released and started on the nodes; "" for this program
};

class Supervisor {
public:
    Supervisor(const Surroundings& around, Options options, Say say);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Until SIGINT or SIGTERM; a second one ends it without patience.
    /// Errors: local.running (unavailable), when the home has a supervisor; local.root (conflict);
    /// those of ground.hpp and postgres.hpp; local.not_ready (unavailable) when a part does not
    /// start in its time, with its last words; those of Releases::add(). After an error nothing
    /// runs.
    Task<Result<>> run();

private:
    /// Nodes that are not in rotation yet.
    using Missing = std::map<std::string, const Node*>;

    Task<> listen_for_signals();
    Task<Result<>> start_or_say_why();
    Task<Result<>> start();
    Task<Result<>> start_stores(const Tools& tools);
    Task<Result<>> start_replicas(const Tools& tools);
    Task<Result<>> migrate();
    Result<> choose();
    Task<Result<>> start_nodes(const Tools& tools);
    Task<Result<>> start_node(const Node& node, deploy::Facts facts);
    Task<Result<>> put_back(Missing& missing);
    void keep_releases();
    Task<> open_engine();
    Task<> announce();
    Task<> announce_link();
    Task<> make_demo();
    Task<> until_told();

    Task<> drain();
    Task<> drain_nodes(std::string_view role, std::string_view what, std::chrono::seconds grace);
    Task<> stop_node(std::string name, std::chrono::seconds grace);
    Task<> stop_part(Keeper& keeper, std::chrono::seconds grace);

    Keeper& keep(const Part& part, const Executor& executor);
    Task<Result<>> until_ready(const Keeper& keeper, std::chrono::seconds time);
    Task<Result<>> until_in_rotation(Missing& missing);
    std::string value_of(std::string_view name) const;
    std::string seconds_since(SteadyTime begun) const;
    void tell(std::string_view what, std::string_view text) const;
    void write_state() const;
    std::chrono::seconds setting(std::string_view name, std::chrono::seconds otherwise) const;

    const Surroundings& around_;
    Options options_;
    Say say_;
    Layout layout_;
    logs::DayFiles logs_;
    Log log_;
    TaskGroup tasks_;
    process::Event told_;   // to stop
    process::Event hurry_;  // told twice
    std::unique_ptr<process::Signals> signals_;
    std::unique_ptr<process::Hold> instance_;
    std::unique_ptr<process::Hold> port_;
    Plan plan_;
    Releases releases_;
    Release program_;  // that of this call
    Choice choice_;
    ProcessDriver driver_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<socket::LineServer> door_;    // of the engine
    std::vector<std::unique_ptr<Keeper>> parts_;  // in the order in which they were started
    bool is_new_ = false;                         // the cluster was made by this call
};

}  // namespace acme::local
