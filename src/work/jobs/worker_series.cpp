#include "work/jobs/worker_series.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace acme::jobs {
namespace {

constexpr std::size_t error_types_max = 64;  // of a queue; the rest are "other"

prometheus::Gauge& slots(Metrics& metrics, std::string state) {
    return metrics.gauge("worker_slots", "Executor slots.", {{"state", std::move(state)}});
}

}  // namespace

WorkerSeries::WorkerSeries(Metrics& metrics, std::size_t count)
    : metrics_(metrics),
      busy_(slots(metrics, "busy")),
      free_(slots(metrics, "free")),
      abandoned_(metrics.gauge(
          "worker_jobs_abandoned", "Handlers that did not end though their job was answered for."
      )),
      slots_(static_cast<double>(count)) {
    free_.Increment(slots_);
}

WorkerSeries::~WorkerSeries() {
    busy_.Decrement(running_);
    free_.Decrement(slots_ - running_);
}

prometheus::Counter& WorkerSeries::counter(
    std::string name, std::string help, const std::string& queue
) {
    return metrics_.counter(std::move(name), std::move(help), {{"queue", queue}});
}

WorkerSeries::OfQueue& WorkerSeries::of(const std::string& queue) {
    const auto found = known_.find(queue);
    if (found != known_.end()) return found->second;
    const Metrics::Labels labels{{"queue", queue}};
    const OfQueue series{
        .wait = &metrics_.histogram("worker_job_wait_seconds", "From due to begun.", labels),
        .run = &metrics_.histogram("worker_job_run_seconds", "Of one attempt.", labels),
        .processed = &metrics_.counter("worker_jobs_processed_total", "Jobs completed.", labels),
    };
    return known_.emplace(queue, series).first->second;
}

void WorkerSeries::began(const Job& job) {
    ++running_;
    busy_.Increment();
    free_.Decrement();
    const std::chrono::duration<double> waited = job.waited;
    of(job.queue).wait->Observe(waited.count());
}

void WorkerSeries::ended(const Job& job, std::chrono::duration<double> time) {
    --running_;
    busy_.Decrement();
    free_.Increment();
    of(job.queue).run->Observe(time.count());
}

void WorkerSeries::processed(const Job& job) { of(job.queue).processed->Increment(); }

void WorkerSeries::failed(const Job& job, const std::string& error_type) {
    auto& known = error_types_[job.queue];
    const bool is_known = known.contains(error_type) || known.size() < error_types_max;
    if (is_known) known.insert(error_type);
    metrics_
        .counter(
            "worker_jobs_failed_total",
            "Attempts that failed.",
            {{"queue", job.queue}, {"error_type", is_known ? error_type : std::string("other")}}
        )
        .Increment();
}

void WorkerSeries::died(const std::string& queue) {
    counter("worker_jobs_dead_total", "Jobs given up for good.", queue).Increment();
}

void WorkerSeries::lost(const std::string& queue) {
    counter("worker_jobs_lost_total", "Results that came after the lease.", queue).Increment();
}

void WorkerSeries::rescued(const std::string& queue) {
    counter("worker_jobs_rescued_total", "Jobs taken over from dead workers.", queue).Increment();
}

void WorkerSeries::abandoned(int more) { abandoned_.Increment(more); }

void WorkerSeries::show(const Trouble& trouble) {
    const std::chrono::duration<double> age = trouble.snapshot_age;
    metrics_.gauge("worker_jobs_unknown", "Due jobs of kinds that no handler is known for.")
        .Set(static_cast<double>(trouble.unknown));
    metrics_.gauge("jobs_table_dead_tuples", "Rows of jobs that vacuum has yet to remove.")
        .Set(static_cast<double>(trouble.dead_rows));
    metrics_.gauge("jobs_xmin_age_seconds", "Of the oldest snapshot of the database.")
        .Set(age.count());
}

void WorkerSeries::show(const std::vector<Depth>& depths) {
    for (const Depth& depth : depths) queues_.insert(depth.queue);
    for (const std::string& queue : queues_) {
        const auto found = std::ranges::find(depths, queue, &Depth::queue);
        const bool is_empty = found == depths.end();
        const std::chrono::duration<double> oldest(
            is_empty ? std::chrono::milliseconds(0) : found->oldest
        );
        metrics_.gauge(
                    "worker_queue_depth", "Jobs that are due.", {{"queue", queue}}
        ).Set(is_empty ? 0 : static_cast<double>(found->jobs));
        metrics_
            .gauge(
                "worker_queue_oldest_job_seconds", "Since the oldest was due.", {{"queue", queue}}
            )
            .Set(oldest.count());
    }
}

}  // namespace acme::jobs
