import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { cache } from "../../api/cache";
import { Facts } from "./facts";
import type { Flag } from "./types";

const flag = { key: "f", name: "First", description: "d", kind: "release", owner: null, expected_removal_at: null, permanent: false, tags: [], type: "bool", variants: [{ key: "on", value: true }, { key: "off", value: false }], references: [], stale: [], archived_at: null } as unknown as Flag;

const page = (version: number, name: string) => (
  <QueryClientProvider client={cache}>
    <Facts flag={{ value: { ...flag, name }, etag: `"${version}"` }} />
  </QueryClientProvider>
);
const name = () => (screen.getByLabelText("Name") as HTMLInputElement).value;

test("who typed nothing follows; what somebody typed stays until they reload", async () => {
  const user = userEvent.setup();
  const { rerender } = render(page(1, "First"));
  rerender(page(2, "Second"));
  expect(name()).toBe("Second");
  await user.type(screen.getByLabelText("Name"), " of mine");
  rerender(page(3, "Third"));
  expect(name()).toBe("Second of mine");
  expect(screen.getByRole("region", { name: "Somebody changed it meanwhile." })).toBeTruthy();
  expect(screen.getByRole("button", { name: /^Save, not possible: Somebody changed it meanwhile/ })).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Reload" }));
  expect(name()).toBe("Third");
  expect(screen.queryByRole("region", { name: "Somebody changed it meanwhile." })).toBeNull();
});
