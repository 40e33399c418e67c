import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { GripVertical } from "lucide-react";
import { Unseen } from "../../ui/mark";
import styles from "./editor.module.css";

export interface Reorder {
  /** The one that is carried. */
  held: string | undefined;
  /** Said to screen readers. */
  words: string;
  handleProps: (id: string, name: string) => HandleProps;
}

export interface HandleProps {
  onKeyDown: (event: KeyboardEvent) => void;
  onBlur: () => void;
  onPointerDown: (event: PointerEvent<HTMLButtonElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLButtonElement>) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
  name: string;
  isHeld: boolean;
}

/**
 * The order of a list, by hand or by keyboard: Enter on a handle takes it up, the arrows carry it, Enter puts it down and
 * Escape takes it back. `ids` are in their order; each row carries `data-row={id}`.
 */
export function useReorder(ids: readonly string[], move: (id: string, to: number) => void): Reorder {
  const [held, setHeld] = useState<string>();
  const [words, setWords] = useState("");
  const from = useRef(0);
  const say = (name: string, index: number) => setWords(`${name} is at ${index + 1} of ${ids.length}.`);
  const take = (id: string, name: string) => {
    from.current = ids.indexOf(id);
    setHeld(id);
    setWords(`${name} is taken up. Arrows move it, Enter puts it down, Escape takes it back.`);
  };
  const carry = (id: string, name: string, to: number) => {
    const index = Math.max(0, Math.min(ids.length - 1, to));
    if (index === ids.indexOf(id)) return;
    move(id, index);
    say(name, index);
  };
  const put = (name?: string) => {
    setHeld(undefined);
    if (name) setWords(`${name} is put down.`);
  };
  return {
    held,
    words,
    handleProps: (id, name) => ({
      name,
      isHeld: held === id,
      onBlur: () => held === id && put(),
      onKeyDown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          if (held === id) put(name);
          else take(id, name);
          return;
        }
        if (held !== id) return;
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (by !== undefined) {
          event.preventDefault();
          carry(id, name, ids.indexOf(id) + by);
        }
        if (event.key === "Escape") {
          event.preventDefault();
          carry(id, name, from.current);
          put(name);
        }
      },
      onPointerDown: (event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        take(id, name);
      },
      onPointerMove: (event) => {
        if (held !== id || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const to = placeAt(event.currentTarget, ids, event.clientY);
        if (to !== undefined) carry(id, name, to);
      },
      onPointerUp: () => put(name),
      onPointerCancel: () => put(name),
    }),
  };
}

/** The row whose middle the pointer has passed. */
function placeAt(handle: Element, ids: readonly string[], y: number): number | undefined {
  const list = handle.closest("[data-rows]");
  if (!list) return undefined;
  const own = ids.indexOf(handle.closest<HTMLElement>("[data-row]")?.dataset.row ?? "");
  const middles = ids.map((id) => {
    const box = list.querySelector(`[data-row="${CSS.escape(id)}"]`)?.getBoundingClientRect();
    return box ? box.top + box.height / 2 : 0;
  });
  if (own > 0 && y < (middles[own - 1] ?? 0)) return own - 1;
  if (own < ids.length - 1 && y > (middles[own + 1] ?? Infinity)) return own + 1;
  return undefined;
}

export function Handle({ name, isHeld, ...rest }: HandleProps) {
  return (
    <button type="button" className={styles.handle} aria-pressed={isHeld} aria-label={`Move ${name}`} title="Drag, or Enter and arrows" {...rest}>
      <GripVertical size={15} aria-hidden="true" />
    </button>
  );
}

export function Said({ children }: { children: ReactNode }) {
  return (
    <div role="status" aria-live="assertive">
      <Unseen>{children}</Unseen>
    </div>
  );
}
