// Source: proc(5); prometheus.io, "Writing client libraries", process metrics.
#include "io/telemetry/process_metrics.hpp"

#include "base/text.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace acme {
namespace {

using prometheus::MetricType;

std::string read_file(const char* path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

/// The n-th field of /proc/self/stat behind the name of the program, which may hold blanks.
double stat_field(const std::string& stat, int number) {
    constexpr int first = 3;
    std::istringstream rest(stat.substr(std::min(stat.rfind(')') + 1, stat.size())));
    std::string field;
    for (int i = first; i <= number; ++i) rest >> field;
    return static_cast<double>(parse_number<std::uint64_t>(field).value_or(0));
}

double boot_seconds() {
    const std::string stat = read_file("/proc/stat");
    const auto at = stat.find("btime ");
    if (at == stat.npos) return 0;
    const auto digits = std::string_view(stat).substr(at + 6);
    const auto number = parse_number<std::uint64_t>(digits.substr(0, digits.find('\n')));
    return static_cast<double>(number.value_or(0));
}

prometheus::MetricFamily family(const char* name, const char* help, MetricType type, double value) {
    prometheus::ClientMetric metric;
    metric.counter.value = value;
    metric.gauge.value = value;
    return {.name = name, .help = help, .type = type, .metric = {metric}};
}

/// The least of what the control group (version 2, version 1) and the machine allow. A group
/// without a limit says "max", or a number beyond any memory.
double memory_limit_bytes() {
    const std::string machine = read_file("/proc/meminfo");
    const auto at = machine.find_first_of("0123456789");
    const auto digits = std::string_view(machine).substr(std::min(at, machine.size()));
    const auto kib = parse_number<std::uint64_t>(digits.substr(0, digits.find(' ')));
    double least = static_cast<double>(kib.value_or(0)) * 1024;
    for (const char* path :
         {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        const std::string text = read_file(path);
        const auto limit =
            parse_number<std::uint64_t>(std::string_view(text).substr(0, text.find('\n')));
        if (limit && *limit > 0) least = std::min(least, static_cast<double>(*limit));
    }
    return least;
}

/// By the control group's quota (version 2, version 1), where it has one, and by the mask of cores.
double cpu_limit_cores() {
    cpu_set_t mask{};
    ::sched_getaffinity(0, sizeof(mask), &mask);
    double least = CPU_COUNT(&mask);
    std::istringstream group(
        read_file("/sys/fs/cgroup/cpu.max") + " " +
        read_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") + " " +
        read_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
    );
    double quota = 0;  // "max", or -1: as much as there is
    double period = 0;
    if (group >> quota >> period && quota > 0 && period > 0)
        least = std::min(least, quota / period);
    return least;
}

}  // namespace

ProcessFigures process_figures() {
    constexpr int start_time = 22;
    constexpr int virtual_bytes = 23;
    constexpr int resident_pages = 24;
    const std::string stat = read_file("/proc/self/stat");
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    std::error_code ignored;
    std::filesystem::directory_iterator descriptors("/proc/self/fd", ignored);
    const auto open = std::distance(begin(descriptors), end(descriptors));
    return {
        .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
        .cpu_limit_cores = cpu_limit_cores(),
        .resident_bytes =
            stat_field(stat, resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)),
        .virtual_bytes = stat_field(stat, virtual_bytes),
        .memory_limit_bytes = memory_limit_bytes(),
        .open_descriptors = static_cast<double>(open) - 1,  // without the one that counts them
        .descriptors_max = static_cast<double>(limit.rlim_cur),
        .start_seconds = boot_seconds() +
                         stat_field(stat, start_time) / static_cast<double>(::sysconf(_SC_CLK_TCK)),
    };
}

std::vector<prometheus::MetricFamily> process_metrics() {
    const ProcessFigures figures = process_figures();
    using enum MetricType;
    return {
        family(
            "process_cpu_seconds_total",
            "CPU time used, in user and kernel mode.",
            Counter,
            figures.cpu_seconds
        ),
        family(
            "process_cpu_limit_cores",
            "Cores that it may use: of its control group, else of the machine.",
            Gauge,
            figures.cpu_limit_cores
        ),
        family("process_resident_memory_bytes", "Resident memory.", Gauge, figures.resident_bytes),
        family("process_virtual_memory_bytes", "Virtual memory.", Gauge, figures.virtual_bytes),
        family(
            "process_memory_limit_bytes",
            "Memory that it may use: of its control group, else of the machine.",
            Gauge,
            figures.memory_limit_bytes
        ),
        family("process_open_fds", "Open file descriptors.", Gauge, figures.open_descriptors),
        family(
            "process_max_fds",
            "Most file descriptors that may be open.",
            Gauge,
            figures.descriptors_max
        ),
        family(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970.",
            Gauge,
            figures.start_seconds
        ),
    };
}

}  // namespace acme
