import type { ReactNode } from "react";
import { Logo } from "../../ui/logo";
import styles from "./sessions.module.css";

/** The frame of the pages in front of the door. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={styles.entrance}>
      <div className={styles.box}>
        <Logo size={28} />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
