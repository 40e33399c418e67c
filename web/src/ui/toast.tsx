import { X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { Button, IconButton } from "./button";
import { Dot } from "./mark";
import { dismiss, shownToasts, watchToasts, type Toast } from "./toasts";
import styles from "./toast.module.css";

export { toast } from "./toasts";

const life_ms = 10_000;

export function Toasts() {
  const shown = useSyncExternalStore(watchToasts, shownToasts);
  return (
    <div className={styles.region} role="status" aria-live="polite">
      {shown.map((each) => (
        <Shown key={each.id} toast={each} />
      ))}
    </div>
  );
}

function Shown({ toast: { id, tone, words, undo } }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), life_ms);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className={styles.toast}>
      <Dot tone={tone} />
      <span>{words}</span>
      {undo && (
        <Button
          kind="quiet"
          onPress={() => {
            dismiss(id);
            undo.run();
          }}
        >
          {undo.label}
        </Button>
      )}
      <IconButton label="Dismiss" onPress={() => dismiss(id)}>
        <X size={14} aria-hidden="true" />
      </IconButton>
    </div>
  );
}
