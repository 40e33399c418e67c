import { QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { cache } from "../../api/cache";
import { PersonChoice } from "./person_choice";

const ada = { id: "usr_1", name: "Ada Admin", email: "ada@example.com", state: "active" };
const grace = { id: "usr_2", name: "Grace", email: "grace@example.com", state: "active" };
const gone = { id: "usr_3", name: "Grace", email: "old.grace@example.com", state: "disabled" };

function answer(request: Request): unknown {
  const { pathname, searchParams } = new URL(request.url);
  const all = [ada, grace, gone];
  const one = all.find((each) => pathname.endsWith(each.id));
  const part = searchParams.get("q") ?? "";
  return one ?? { data: all.filter((each) => each.email.includes(part)), next_cursor: null };
}

afterEach(() => {
  vi.unstubAllGlobals();
  cache.clear();
});

function Page() {
  const [owner, setOwner] = useState<string | null>(ada.id);
  return (
    <QueryClientProvider client={cache}>
      <PersonChoice label="Owner" value={owner} isDisabled={false} onChange={setOwner} />
      <p data-testid="chosen">{owner ?? "nobody"}</p>
    </QueryClientProvider>
  );
}

async function open() {
  vi.stubGlobal("fetch", async (request: Request) => new Response(JSON.stringify(answer(request)), { headers: { "Content-Type": "application/json" } }));
  render(<Page />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Owner Ada Admin" }));
  return user;
}

const chosen = () => screen.getByTestId("chosen").textContent;

test("a person is found by a part of the address, and told from others by it; who is disabled is not offered", async () => {
  const user = await open();
  // What user-event types is told once more as the field goes, in the middle of drawing.
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "grace" } });
  await waitFor(() => expect(screen.getAllByRole("menuitem").map((each) => each.textContent)).toEqual(["Gracegrace@example.com", "Nobody"]));
  await user.keyboard("{ArrowDown}{Enter}");
  expect(chosen()).toBe("usr_2");
  await screen.findByRole("button", { name: "Owner Grace" });
});

test("nobody can be chosen, and who leaves changes nothing", async () => {
  const user = await open();
  await user.keyboard("{Escape}{Escape}");
  expect(chosen()).toBe("usr_1");
  await user.click(screen.getByRole("button", { name: /Owner/ }));
  await screen.findByRole("menuitem", { name: "Nobody" });
  await user.keyboard("{ArrowUp}{Enter}");
  expect(chosen()).toBe("nobody");
});
