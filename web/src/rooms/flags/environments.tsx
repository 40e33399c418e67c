import { Link } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import { Unseen } from "../../ui/mark";
import type { Environment } from "./types";
import styles from "./flags.module.css";

/** The environment is in the address. The first one needs no word there. */
export function EnvironmentLinks({ environments, at, to }: { environments: readonly Environment[]; at: string; to: "/settings/flags" | "." }) {
  return (
    <nav aria-label="Environment" className={styles.segments}>
      {environments.map((each, index) => (
        <Link
          key={each.key}
          to={to}
          search={((before: object) => {
            const { environment: _, ...rest } = before as { environment?: string };
            return { ...rest, ...(index > 0 && { environment: each.key }) };
          }) as never}
          aria-current={each.key === at ? "true" : undefined}
          activeOptions={{ exact: true }}
        >
          {each.name}
          {each.protected && (
            <>
              <ShieldCheck size={13} aria-hidden="true" />
              <Unseen>, protected</Unseen>
            </>
          )}
        </Link>
      ))}
    </nav>
  );
}
