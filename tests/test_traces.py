"""What the exporter sends, read by the protocol's own classes (TRC-1, TRC-3)."""

import gzip
import http.server
import pathlib
import sys
import threading

import pytest
import requests
from conftest import until
from people import sign_in

# ./dev setup --test puts it there: Debian has none.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / ".acme/tools/opentelemetry-proto@1.45.2"))
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: E402
    ExportTraceServiceRequest, ExportTraceServiceResponse)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status  # noqa: E402


class Collector(http.server.ThreadingHTTPServer):
    """Takes what is posted to /v1/traces. `spans` are pairs of a resource's attributes and a span."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.spans = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def of(self, trace_id):
        return [(resource, span) for resource, span in list(self.spans) if span.trace_id.hex() == trace_id]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        for traced in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = plain(traced.resource.attributes)
            self.server.spans += [(resource, span) for scope in traced.scope_spans for span in scope.spans]
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def plain(attributes):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@pytest.fixture
def collector():
    made = Collector()
    yield made
    made.shutdown()


def test_a_request_that_failed_arrives_whole_at_a_collector(start_platform, collector):
    platform = start_platform(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    api = sign_in(platform)
    (platform.data / "objects/acme/unfinished").chmod(0o500)  # nothing can be begun there
    caller = {"trace": "4bf92f3577b34da6a3ce000000000000", "span": "00f067aa0ba902b7"}  # no sample would take it

    failed = api.post("/v1/files", params={"name": "x.txt"}, data=b"x", headers={
        "Content-Type": "application/octet-stream", "X-Request-Id": "traced-1",
        "traceparent": f"00-{caller['trace']}-{caller['span']}-00"})

    assert failed.status_code == 503
    assert failed.json()["trace_id"] == caller["trace"]
    until(lambda: collector.of(caller["trace"]), 30)
    line = until(lambda: [one for one in platform.logs("--request", "traced-1") if one.get("status") == 503], 30)[0]
    spans = collector.of(caller["trace"])
    servers = [span for _, span in spans if span.kind == Span.SPAN_KIND_SERVER]
    assert len(servers) == 1
    server = servers[0]
    assert (server.name, line["route"]) == ("POST /v1/files", "/v1/files")
    assert server.parent_span_id.hex() == caller["span"]
    assert line["trace_id"] == caller["trace"]
    assert server.status.code == Status.STATUS_CODE_ERROR
    resources = {(resource["service.name"], resource["service.version"], resource["service.instance.id"])
                 for resource, _ in spans}
    assert resources == {(line["service"], line["version"], line["node"])}
    ids = {span.span_id for _, span in spans}
    assert len(ids) == len(spans)
    assert {span.span_id for _, span in spans if span.parent_span_id not in ids} == {server.span_id}
    for _, span in spans:
        assert server.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= server.end_time_unix_nano
    systems = {plain(span.attributes).get("db.system.name") for _, span in spans}
    assert {"postgresql", "redis"} <= systems


def test_a_request_that_went_well_is_kept_by_its_id_alone(start_platform, collector):
    platform = start_platform("--app-nodes", "1", "--workers", "1",
                              environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    kept, left = "4bf92f3577b34da6a3ffffffffffffff", "4bf92f3577b34da6a3ce000000000000"
    for trace in (left, kept):  # a foreign caller's word on sampling does not count
        requests.get(platform.url + "/v1/nowhere", timeout=30,
                     headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    until(lambda: collector.of(kept), 30)
    assert collector.of(left) == []


def test_adding_a_job_and_running_it_are_a_producer_and_a_consumer_of_one_trace(start_platform, collector):
    platform = start_platform("--app-nodes", "1", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    api = sign_in(platform)
    kept = "4bf92f3577b34da6a3ffffffffffffff"  # by its id
    api.post("/v1/pings", headers={"traceparent": f"00-{kept}-00f067aa0ba902b7-01"})

    def of(kind):
        return [span for _, span in collector.of(kept) if span.kind == kind]

    consumer = until(lambda: of(Span.SPAN_KIND_CONSUMER), 30)[0]
    producer = until(lambda: of(Span.SPAN_KIND_PRODUCER), 30)[0]
    assert (producer.name, consumer.name) == ("job.enqueue", "pings.answer")
    assert consumer.parent_span_id == producer.span_id
    assert [(link.trace_id.hex(), link.span_id) for link in consumer.links] == [(kept, producer.span_id)]
    sent, processed = plain(producer.attributes), plain(consumer.attributes)
    for each, operation, word in ((sent, "enqueue", "send"), (processed, "process", "process")):
        assert (each["messaging.system"], each["messaging.operation.name"], each["messaging.operation.type"]) == (
            "acme", operation, word)
        assert each["messaging.destination.name"] == "default"
    assert sent["messaging.message.id"] == processed["messaging.message.id"]
