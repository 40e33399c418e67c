import type { ReactNode } from "react";
import type { Dependency, Node, Nodes } from "../../api/types";
import { Time } from "../../ui/time";
import { bytes, count, milliseconds, percent, plural, rate, unknown, words } from "../../ui/format";
import { Card, Empty } from "../../ui/layout";
import { Dot, Sha, type Tone } from "../../ui/mark";
import { fleetOf, state_words } from "./state";
import styles from "./nodes.module.css";

export function Fleet({ nodes }: { nodes: Nodes }) {
  const { serving, background } = fleetOf(nodes);
  const workers = background.filter((node) => node.role === "worker");
  const schedulers = background.filter((node) => node.role === "scheduler");
  const note = `${plural(serving.length, "application node")}, ${plural(workers.length, "worker")}, ${plural(schedulers.length, "scheduler")}`;
  return (
    <Card title="Fleet" note={note} aside="figures of the last minute">
      {serving.length === 0 ? (
        <Empty title="No application node has reported.">
          <p>
            A node reports when it starts. <code>acme doctor</code> says what is missing.
          </p>
        </Empty>
      ) : (
        <ul className={styles.nodes}>
          {serving.map((node) => (
            <ServingNode key={node.id} node={node} />
          ))}
        </ul>
      )}
      <Row name="Background">
        {[...workers, ...schedulers].map((node) => (
          <BackgroundNode key={node.id} node={node} />
        ))}
      </Row>
      <Row name="Data">
        {nodes.dependencies.map((dependency) => (
          <Part key={dependency.name} dependency={dependency} />
        ))}
      </Row>
    </Card>
  );
}

function ServingNode({ node }: { node: Node }) {
  const { tone, word } = state_words[node.state];
  return (
    <li className={styles.node} data-tone={tone} data-state={node.state} data-testid="node">
      <div className={styles.nodeHead}>
        <Dot tone={tone} />
        <h3 title={node.address}>{node.name}</h3>
        <Sha value={node.release} />
      </div>
      <p className={styles.nodeState}>
        <span className={styles.word}>{word}</span>
        {node.state === "dead" ? (
          <>
            {" · last heard "}
            <Time at={node.seen_at} />
          </>
        ) : (
          ` · ${words(rate(node.requests_per_second))}`
        )}
      </p>
      {node.state !== "dead" && (
        <dl className={styles.facts}>
          <Fact name="Errors" value={words(percent(node.error_ratio))} />
          <Fact name="p95" value={words(milliseconds(node.p95_ms))} />
          <Fact name="Memory" value={words(bytes(node.memory_bytes))} />
          <Fact name="p99" value={words(milliseconds(node.p99_ms))} />
          <Fact name="CPU" value={words(percent(node.cpu_share))} />
          <Fact name="In flight" value={node.in_flight === null ? unknown : count(node.in_flight)} />
        </dl>
      )}
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.row}>
      <h3 className={styles.rowName}>{name}</h3>
      <ul className={styles.parts}>{children}</ul>
    </div>
  );
}

function BackgroundNode({ node }: { node: Node }) {
  const { tone, word } = state_words[node.state];
  return (
    <li className={styles.part}>
      <Dot tone={tone} />
      <code className={styles.partName}>{node.name}</code>
      <span className={styles.partState}>{word}</span>
      <span className={styles.partNote}>{node.state === "dead" ? <Time at={node.seen_at} /> : words(bytes(node.memory_bytes))}</span>
    </li>
  );
}

const dependency_words: Record<Dependency["state"], { tone: Tone; word: string }> = {
  up: { tone: "ok", word: "answers" },
  down: { tone: "crit", word: "does not answer" },
  unknown: { tone: "idle", word: "not asked yet" },
};

function Part({ dependency }: { dependency: Dependency }) {
  const { tone, word } = dependency_words[dependency.state];
  return (
    <li className={styles.part}>
      <Dot tone={tone} />
      <span className={styles.partName}>{dependency.name}</span>
      <span className={styles.partState}>{word}</span>
      <span className={styles.partNote} title={dependency.detail ?? undefined}>
        {dependency.detail ?? (dependency.latency_ms === null ? "" : words(milliseconds(dependency.latency_ms)))}
      </span>
    </li>
  );
}
