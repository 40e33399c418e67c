import { render, screen, within } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import userEvent from "@testing-library/user-event";
import { useReducer } from "react";
import { beforeEach, expect, test } from "vitest";
import { cache } from "../../api/cache";
import { changed } from "./draft";
import { Handle, Said, useReorder } from "./reorder";
import { RuleCard } from "./rule";
import type { Flag, Rule, Targeting } from "./types";
import { useDraft } from "./use_draft";

beforeEach(() => localStorage.clear());

const flag = { key: "f", type: "string", variants: [{ key: "A", value: "a" }, { key: "B", value: "b" }, { key: "C", value: "c" }] } as Flag;
const first: Rule = { id: "r_1", if: [{ attribute: "region", op: "in", values: [] }], serve: { variant: "A" } };

let shown: Rule;

function OneRule({ rule = first }: { rule?: Rule }) {
  const [draft, change] = useReducer(changed, { enabled: true, prerequisites: [], overrides: [], rules: [rule], fallthrough: { variant: "A" } });
  shown = draft.rules[0] as Rule;
  const { handleProps } = useReorder(["r_1"], () => undefined);
  return (
    <QueryClientProvider client={cache}>
      <RuleCard flag={flag} rule={shown} index={0} isEdited={false} isHeld={false} handle={handleProps("r_1", "Rule 1")} why={undefined} onChange={(part) => change({ type: "change_rule", id: "r_1", change: part })} onDelete={() => undefined} />
    </QueryClientProvider>
  );
}

test("a rule is built from words", async () => {
  const user = userEvent.setup();
  render(<OneRule />);
  await user.type(screen.getByLabelText("Rule 1, condition 1, values"), "eu-west{Enter}us east,");
  expect(shown.if?.[0]?.values).toEqual(["eu-west", "us", "east"]);
  await user.click(screen.getByRole("button", { name: "Delete us of Rule 1, condition 1, values" }));
  await user.selectOptions(screen.getByLabelText("Rule 1, condition 1, comparison"), "is not one of");
  expect(shown.if).toEqual([{ attribute: "region", op: "in", values: ["eu-west", "east"], negate: true }]);
  await user.click(screen.getByRole("button", { name: "Percentage" }));
  const percentage = screen.getByLabelText("Rule 1, percentage, in %");
  await user.clear(percentage);
  await user.type(percentage, "0.001");
  await user.selectOptions(screen.getByLabelText("Rule 1, percentage of whom"), "organizations");
  expect(shown).toMatchObject({ rollout: 1, bucket_by: ["org_id"] });
});

test("numbers are sent as numbers, and what takes no value has none", async () => {
  const user = userEvent.setup();
  render(<OneRule rule={{ ...first, if: [{ attribute: "age", op: "in", values: ["18"] }] }} />);
  await user.selectOptions(screen.getByLabelText("Rule 1, condition 1, comparison"), "is at least");
  expect(shown.if).toEqual([{ attribute: "age", op: "ge", values: [18] }]);
  await user.selectOptions(screen.getByLabelText("Rule 1, condition 1, comparison"), "is known");
  expect(shown.if).toEqual([{ attribute: "age", op: "present" }]);
  await user.selectOptions(screen.getByLabelText("Rule 1, condition 1, what"), "segment");
  expect(shown.if).toEqual([{ op: "segment", values: [] }]);
});

test("a split begins evenly, and says what it makes", async () => {
  const user = userEvent.setup();
  render(<OneRule />);
  await user.selectOptions(screen.getByLabelText("Rule 1, serve"), "a split");
  expect(shown.serve.split?.map((share) => share.weight)).toEqual([33_334, 33_333, 33_333]);
  const share = screen.getByLabelText("Rule 1, share of B, in %");
  await user.clear(share);
  await user.type(share, "60");
  expect(screen.getByText("126.667 % of 100 %")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Delete C from the split of Rule 1" }));
  await user.click(screen.getByRole("button", { name: "Even out" }));
  expect(shown.serve.split).toEqual([{ variant: "A", weight: 50_000 }, { variant: "B", weight: 50_000 }]);
});

test("a percentage that is none is told and not taken", async () => {
  const user = userEvent.setup();
  render(<OneRule rule={{ ...first, rollout: 25_000 }} />);
  await user.type(screen.getByLabelText("Rule 1, percentage, in %"), "0000");
  expect(screen.getByRole("alert").textContent).toContain("three digits");
  expect(shown.rollout).toBe(25_000);
});

function Ordered() {
  const [ids, move] = useReducer((before: readonly string[], [id, to]: readonly [string, number]) => changed({ rules: before.map((each) => ({ id: each })) } as never, { type: "move_rule", id, to }).rules.map((rule) => rule.id), ["a", "b", "c"]);
  const reorder = useReorder(ids, (id, to) => move([id, to]));
  return (
    <>
      <Said>{reorder.words}</Said>
      <ol data-rows="">
        {ids.map((id) => (
          <li key={id} data-row={id}>
            <Handle {...reorder.handleProps(id, id)} /> {id}
          </li>
        ))}
      </ol>
    </>
  );
}

test("rules are carried by keyboard, and put back by Escape", async () => {
  const user = userEvent.setup();
  render(<Ordered />);
  const order = () => within(screen.getByRole("list")).getAllByRole("listitem").map((item) => item.textContent?.trim()).join("");
  screen.getByRole("button", { name: "Move a" }).focus();
  await user.keyboard("{Enter}{ArrowDown}{ArrowDown}{ArrowDown}");
  expect(order()).toBe("bca");
  expect(screen.getByRole("status").textContent).toBe("a is at 3 of 3.");
  await user.keyboard("{Escape}");
  expect(order()).toBe("abc");
  await user.keyboard("{Enter}{ArrowDown}{Enter}{ArrowDown}");
  expect(order()).toBe("bac");
});

const targeting: Targeting = {
  flag: "f", environment: "production", protected: false, enabled: true, salt: "s:", prerequisites: [], overrides: [], rules: [first], fallthrough: { variant: "A" },
  version: 3, ruleset_version: 7, disabled_reason: null, enabled_at: null, updated_at: "", updated_by: "", updated_by_name: null,
};

function Drafted({ live }: { live: Targeting }) {
  const drafting = useDraft(live);
  return (
    <>
      <output>{`${drafting.isDirty ? "dirty" : "clean"} ${drafting.isBehind ? "behind" : "level"} ${drafting.version} ${drafting.draft.enabled}`}</output>
      <button onClick={() => drafting.change({ type: "set", change: { enabled: !drafting.draft.enabled } })}>turn</button>
      <button onClick={() => drafting.discard()}>discard</button>
      <button onClick={() => drafting.rebase({ ...live, version: 9, enabled: false }, { ...live, enabled: false })}>rebase</button>
    </>
  );
}

test("a draft survives a reload, knows that it is behind, and is gone when discarded", async () => {
  const user = userEvent.setup();
  const { unmount } = render(<Drafted live={targeting} />);
  expect(screen.getByRole("status").textContent).toBe("clean level 3 true");
  await user.click(screen.getByText("turn"));
  expect(screen.getByRole("status").textContent).toBe("dirty level 3 false");
  unmount();
  const again = render(<Drafted live={targeting} />);
  expect(screen.getByRole("status").textContent).toBe("dirty level 3 false");
  again.rerender(<Drafted live={{ ...targeting, version: 4, fallthrough: { variant: "B" } }} />);
  expect(screen.getByRole("status").textContent).toBe("dirty behind 3 false");
  await user.click(screen.getByText("discard"));
  expect(screen.getByRole("status").textContent).toBe("clean level 4 true");
  expect(localStorage.length).toBe(0);
});

test("what was saved is no draft any more, also before it is read again", async () => {
  const user = userEvent.setup();
  render(<Drafted live={targeting} />);
  await user.click(screen.getByText("turn"));
  await user.click(screen.getByText("rebase"));
  expect(screen.getByRole("status").textContent).toContain("clean");
  expect(localStorage.length).toBe(0);
});

test("who changed nothing follows what others publish", () => {
  const { rerender } = render(<Drafted live={targeting} />);
  rerender(<Drafted live={{ ...targeting, version: 4, enabled: false }} />);
  expect(screen.getByRole("status").textContent).toBe("clean level 4 false");
});
