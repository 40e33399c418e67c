import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { cache } from "../../api/cache";
import { nodesOf } from "../../testing/nodes";
import { Fleet } from "./fleet";
import { Overview } from "./overview_page";
import { nodesQuery } from "./queries";

beforeEach(() => {
  cache.clear();
  vi.stubGlobal("fetch", vi.fn(async () => new Response('{"detail":"The database is out of reach.","request_id":"req_7"}', { status: 403 })));
});

function show() {
  return render(
    <QueryClientProvider client={cache}>
      <Overview />
    </QueryClientProvider>,
  );
}

test("fresh numbers carry the verdict", () => {
  cache.setQueryData(nodesQuery.queryKey, nodesOf({ as_of: new Date().toISOString() }));
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("The platform is healthy. All 3 application nodes serve.");
  expect(screen.getAllByTestId("node")).toHaveLength(3);
});

test("numbers that are older than forty seconds never look live, whatever the stream says", () => {
  cache.setQueryData(nodesQuery.queryKey, nodesOf({ as_of: "2026-11-23T14:07:20.000Z" }), { updatedAt: Date.now() - 41_000 });
  show();
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("This was the state at 14:07:20 UTC.");
});

test("a failed question says so with its request, and offers another try", async () => {
  show();
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("The database is out of reach.");
  expect(alert.textContent).toContain("req_7");
  expect(within(alert).getByRole("button", { name: "Try again" })).toBeTruthy();
});

test("a node that is gone says so in words and shows no numbers of before", () => {
  const nodes = nodesOf();
  render(<Fleet nodes={{ ...nodes, data: nodes.data.map((node) => (node.name === "app-2" ? { ...node, state: "dead" } : node)) }} />);
  const dead = screen.getAllByTestId("node")[1];
  expect(dead?.textContent).toContain("does not answer · last heard");
  expect(dead?.textContent).not.toContain("p99");
});
