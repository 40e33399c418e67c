import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button";
import { Dot } from "../../ui/mark";
import { providersQuery } from "./queries";
import { sentenceOf, startOf } from "./words";
import styles from "./identities.module.css";

/** A button for each provider, and what came of the last try; nothing where there is none. */
export function Providers({ next, problem }: { next?: string; problem?: string }) {
  const { data: providers } = useQuery(providersQuery);
  const [gone, setGone] = useState<string | null>(null);
  const leave = (name: string) => {
    setGone(name);
    location.assign(startOf(name, next));
  };
  if (!problem && !providers?.data.length) return null;
  return (
    <div className={styles.providers}>
      {problem && (
        <div className={styles.problem} role="alert">
          <Dot tone="crit" />
          <p>
            <strong>You are not signed in.</strong> {sentenceOf(problem)}
          </p>
        </div>
      )}
      {providers?.data.map(({ name, title }) => (
        <Button key={name} wide onPress={() => leave(name)} busy={gone === name}>
          Continue with {title}
        </Button>
      ))}
    </div>
  );
}
