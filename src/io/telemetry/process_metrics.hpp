#pragma once

/// What the kernel knows of this process, under the names that Prometheus' own clients use.

#include <prometheus/metric_family.h>

#include <vector>

namespace acme {

struct ProcessFigures {
    double cpu_seconds = 0;
    double cpu_limit_cores = 0;  // of its control group, else those of the machine that it may use
    double resident_bytes = 0;
    double virtual_bytes = 0;
    double memory_limit_bytes = 0;  // of its control group, else of the machine
    double open_descriptors = 0;
    double descriptors_max = 0;
    double start_seconds = 0;  // since 1970
};

ProcessFigures process_figures();

std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace acme
