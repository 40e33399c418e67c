import { ArrowRight } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button as AriaButton, Form } from "react-aria-components";
import type { Problem } from "../api/problem";
import { Button } from "./button";
import { Dialog, DialogActions } from "./dialog";
import { Field } from "./field";
import { CommandLine, Failure } from "./layout";
import { Unseen } from "./mark";
import styles from "./confirm.module.css";

/** How long a finger stays on a button that does something hard to undo. */
export const hold_ms = 1_200;

/** How long a first press of a key waits for the second. */
const armed_ms = 6_000;

interface Asked {
  /** A verb and its object; the button repeats the verb. */
  title: string;
  verb: string;
  /** Typed by the person, to the letter. */
  name: string;
  effect: ReactNode;
  command?: string | undefined;
  isOpen: boolean;
  busy: boolean;
  problem: Problem | null;
  onConfirm: () => void;
  onClose: () => void;
}

export interface ConfirmProps extends Asked {
  /** From where to where, and how long that takes. */
  route?: Route | undefined;
  wayBack: ReactNode;
  /** Whether a finger opened it: then a finger answers it. */
  byTouch: boolean;
}

interface Route {
  from: ReactNode;
  fromNote?: ReactNode;
  to: ReactNode;
  toNote?: ReactNode;
  takes: ReactNode;
}

/** Danger of the third level that a person may need at night with one thumb: on a touch screen the button is held instead. Never for what deletes data. */
export function Confirm({ isOpen, onClose, title, byTouch, ...rest }: ConfirmProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} alert sheet>
      {isOpen && <Content key={rest.name} {...rest} isHeld={byTouch || hasCoarsePointer()} leave="Cancel" onClose={onClose} />}
    </Dialog>
  );
}

/** Danger of the third level that deletes data: typed on every screen. */
export function ConfirmTyped({ isOpen, onClose, title, ...rest }: Asked) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose} alert>
      {isOpen && <Content key={rest.name} {...rest} isHeld={false} leave="Keep" onClose={onClose} />}
    </Dialog>
  );
}

/** A phone, whose screen reader or keyboard opened it. */
const hasCoarsePointer = () => typeof matchMedia !== "undefined" && matchMedia("(pointer: coarse)").matches;

interface ContentProps extends Omit<Asked, "isOpen" | "title"> {
  route?: Route | undefined;
  wayBack?: ReactNode;
  isHeld: boolean;
  /** The button that does nothing. */
  leave: string;
}

function Content({ verb, name, effect, route, wayBack, command, isHeld, leave, busy, problem, onConfirm, onClose }: ContentProps) {
  const [typed, setTyped] = useState("");
  const [touch] = useState(isHeld);
  const matches = typed === name;
  return (
    <Form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (matches && !busy) onConfirm();
      }}
    >
      <div className={styles.effect}>{effect}</div>
      {route && <FromTo route={route} />}
      {wayBack && <p className={styles.effect}>{wayBack}</p>}
      {command && <CommandLine>{command}</CommandLine>}
      {!touch && (
        <Field
          label={
            <>
              Type <code>{name}</code> to confirm
            </>
          }
          value={typed}
          onChange={setTyped}
          autoFocus
          autoComplete="off"
          spellCheck="false"
          mono
        />
      )}
      {problem && <Failure what={`${verb} failed.`} problem={problem} />}
      <DialogActions even={touch}>
        <Button onPress={onClose}>{leave}</Button>
        {touch ? (
          <HoldButton verb={verb} busy={busy} onConfirm={onConfirm} />
        ) : (
          <Button kind="danger" type="submit" isDisabled={!matches} busy={busy}>
            {verb}
          </Button>
        )}
      </DialogActions>
    </Form>
  );
}

function FromTo({ route }: { route: Route }) {
  return (
    <dl className={styles.route}>
      <div>
        <dt>From</dt>
        <dd>{route.from}</dd>
        {route.fromNote && <dd className={styles.note}>{route.fromNote}</dd>}
      </div>
      <ArrowRight size={14} aria-hidden="true" className={styles.arrow} />
      <div>
        <dt>To</dt>
        <dd>{route.to}</dd>
        {route.toNote && <dd className={styles.note}>{route.toNote}</dd>}
      </div>
      <div className={styles.takes}>
        <dt>Takes</dt>
        <dd>{route.takes}</dd>
      </div>
    </dl>
  );
}

/** A finger holds it; keyboard, switch or screen reader, which cannot, press it twice. */
export function HoldButton({ verb, busy, onConfirm }: { verb: string; busy: boolean; onConfirm: () => void }) {
  const [state, setState] = useState<"rest" | "held" | "armed">("rest");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const wait = (ms: number, then: () => void) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(then, ms);
  };
  const rest = () => {
    clearTimeout(timer.current);
    setState("rest");
  };
  const byPointer = (kind: string) => kind === "touch" || kind === "mouse" || kind === "pen";
  return (
    <AriaButton
      className={styles.hold}
      data-state={busy ? "busy" : state}
      onPressStart={({ pointerType }) => {
        if (busy || !byPointer(pointerType)) return;
        setState("held");
        wait(hold_ms, () => {
          rest();
          onConfirm();
        });
      }}
      onPressEnd={({ pointerType }) => byPointer(pointerType) && rest()}
      onPress={({ pointerType }) => {
        if (busy || byPointer(pointerType)) return;
        if (state === "armed") {
          rest();
          onConfirm();
          return;
        }
        setState("armed");
        wait(armed_ms, rest);
      }}
    >
      {/* It shows how long the button is held, which is no ornament. */}
      <span className={styles.fill} data-moves="" aria-hidden="true" />
      <span className={styles.word} aria-live="polite">
        {state === "armed" ? `Press again to ${verb.toLowerCase()}` : `Hold to ${verb.toLowerCase()}`}
        {busy && <Unseen>, working</Unseen>}
      </span>
    </AriaButton>
  );
}
