import { Link } from "@tanstack/react-router";
import type { Me } from "../../api/types";
import { maySeeNodes } from "../sessions/queries";
import type { Side } from "./state";
import styles from "./queues.module.css";

const views = [
  ["/jobs", "Queues"],
  ["/jobs/search", "Jobs"],
  ["/jobs/dead", "Dead letter"],
] as const;

/** The pages about jobs; and whose, for those who run the platform. */
export function Views({ me, side, at }: { me: Me; side: Side; at: (typeof views)[number][0] }) {
  const search = side === "platform" ? ({ side: "platform" } as const) : {};
  return (
    <nav className={styles.views} aria-label="Jobs">
      <ul>
        {views.map(([to, name]) => (
          <li key={to}>
            <Link to={to} search={search} aria-current={to === at ? "page" : undefined} activeOptions={{ exact: true }}>
              {name}
            </Link>
          </li>
        ))}
      </ul>
      {maySeeNodes(me) && (
        <ul>
          <li>
            <Link to={at} search={{}} aria-current={side === "organization" ? "true" : undefined}>
              {me.org.name}
            </Link>
          </li>
          <li>
            <Link to={at} search={{ side: "platform" }} aria-current={side === "platform" ? "true" : undefined}>
              Platform
            </Link>
          </li>
        </ul>
      )}
    </nav>
  );
}
