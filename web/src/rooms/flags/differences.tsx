import { useState } from "react";
import { Button } from "../../ui/button";
import type { Difference } from "./draft";
import { Person } from "../accounts/person";
import { toldOf } from "./told";
import type { ApiDifference } from "./types";
import styles from "./editor.module.css";
import flags from "./flags.module.css";

export function Differences({ differences }: { differences: readonly Difference[] }) {
  return (
    <ul className={styles.differences} aria-label="Changes">
      {differences.map((each) => (
        <li key={each.key}>
          <strong>{each.name}</strong>
          {each.from !== undefined && <del>{each.from}</del>}
          {each.to !== undefined ? <ins>{each.to}</ins> : <span>deleted</span>}
        </li>
      ))}
    </ul>
  );
}

const lines_max = 20;
const verbs: Partial<Record<ApiDifference["change"], string>> = { added: "added", removed: "deleted", moved: "moved" };

/** As the API tells them: of history and of imports. */
export function ToldDifferences({ label, differences }: { label: string; differences: readonly (ApiDifference & { flag?: string })[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? differences : differences.slice(0, lines_max);
  return (
    <div>
      <ul className={flags.diff} aria-label={label}>
        {shown.map((each, index) => (
          <li key={index}>
            <ToldLine difference={each} />
          </li>
        ))}
      </ul>
      {shown.length < differences.length && (
        <Button kind="quiet" onPress={() => setAll(true)}>
          Show {differences.length - shown.length} more
        </Button>
      )}
    </div>
  );
}

function ToldLine({ difference }: { difference: ApiDifference & { flag?: string } }) {
  const { what, change, from, to } = toldOf(difference);
  const isWhole = change === "moved" || (difference.item !== null && difference.item.pointer === difference.pointer);
  return (
    <>
      {difference.flag && <code>{difference.flag}</code>}
      <span className={flags.diffWhat}>
        {what}
        {isWhole && ` ${verbs[change] ?? ""}`}
      </span>{" "}
      {from !== undefined && <del><Said difference={difference} value={difference.from} words={from} /></del>} {to !== undefined && <ins><Said difference={difference} value={difference.to} words={to} /></ins>}
    </>
  );
}

/** An owner is a person. */
function Said({ difference, value, words }: { difference: ApiDifference; value: unknown; words: string }) {
  return difference.pointer === "/owner" && typeof value === "string" ? <Person id={value} /> : words;
}
