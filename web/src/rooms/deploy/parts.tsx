import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Deployment, Me } from "../../api/types";
import { Badge, Sha, Unseen } from "../../ui/mark";
import { Person } from "../accounts/person";
import { guide, type GuideKey } from "./guide";
import { stateOf } from "./state";
import styles from "./deploy.module.css";

/** The sentence of the deployment guide that a part of the page carries out. */
export function Guide({ at }: { at: GuideKey }) {
  const { mark, sentence } = guide[at];
  return (
    <span className={styles.guide} title={sentence}>
      {mark}
      <Unseen> of the guide: {sentence}</Unseen>
    </span>
  );
}

export function StateBadge({ deployment }: { deployment: Deployment }) {
  const { tone, word } = stateOf(deployment);
  return <Badge tone={tone}>{word}</Badge>;
}

/** By name, where whoever reads may know it. */
export function Actor({ name, me }: { name: string; me: Me }) {
  if (name === "") return <>nobody</>;
  if (name === me.id) return <>you</>;
  if (name === "cli") return <>the command line</>;
  return name.startsWith("usr_") ? <Person id={name} /> : <>{name}</>;
}

export function DeploymentLink({ id, children }: { id: string; children: ReactNode }) {
  return (
    <Link to="/releases/$id" params={{ id }} className={styles.link}>
      {children}
    </Link>
  );
}

export function FromTo({ deployment }: { deployment: Deployment }) {
  return (
    <span className={styles.fromTo}>
      {deployment.from_release && (
        <>
          <Sha value={deployment.from_release} /> <span aria-hidden="true">→</span>
          <Unseen>to</Unseen>{" "}
        </>
      )}
      <Sha value={deployment.release} />
    </span>
  );
}

/** Why this person may not act; undefined for operators and administrators. */
export function whyNot(me: Me): string | undefined {
  if (me.platform_role === "operator" || me.platform_role === "admin") return undefined;
  return "Your role is viewer. Operators and administrators can do this.";
}
