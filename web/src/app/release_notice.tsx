import { useSyncExternalStore } from "react";
import { releases } from "../api/release";
import { Button } from "../ui/button";
import { Dot, Sha } from "../ui/mark";
import styles from "./shell.module.css";

export function ReleaseNotice() {
  const newer = useSyncExternalStore(releases.watch, releases.newer);
  return (
    <div role="status">
      {newer && (
        <div className={styles.release}>
          <Dot tone="active" />
          <span>
            Release <Sha value={newer} /> runs now. This page is older and still works; what you typed is lost by a reload.
          </span>
          <Button onPress={() => location.reload()}>Reload</Button>
        </div>
      )}
    </div>
  );
}
