import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Confirm, HoldButton, hold_ms } from "./confirm";

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => vi.useRealTimers());

test("a press of a key does nothing alone, the second one does it", async () => {
  const done = vi.fn();
  render(<HoldButton verb="Roll back" busy={false} onConfirm={done} />);
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  await user.tab();
  await user.keyboard("{Enter}");
  expect(done).not.toHaveBeenCalled();
  expect(screen.getByRole("button").textContent).toBe("Press again to roll back");
  await user.keyboard("{Enter}");
  expect(done).toHaveBeenCalledOnce();
});

test("a first press is forgotten after some seconds", async () => {
  const done = vi.fn();
  render(<HoldButton verb="Roll back" busy={false} onConfirm={done} />);
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  await user.tab();
  await user.keyboard("{Enter}");
  await vi.advanceTimersByTimeAsync(10_000);
  await user.keyboard("{Enter}");
  expect(done).not.toHaveBeenCalled();
});

test("a finger that leaves before 1.2 s does nothing, one that stays does it once", async () => {
  const done = vi.fn();
  render(<HoldButton verb="Roll back" busy={false} onConfirm={done} />);
  const button = screen.getByRole("button");
  const press = (type: "pointerDown" | "pointerUp") => fireEvent[type](button, { pointerType: "touch", pointerId: 1, button: 0, width: 20, height: 20, pressure: 0.5, detail: 1 });
  press("pointerDown");
  await vi.advanceTimersByTimeAsync(hold_ms - 100);
  press("pointerUp");
  await vi.advanceTimersByTimeAsync(hold_ms);
  expect(done).not.toHaveBeenCalled();
  press("pointerDown");
  await vi.advanceTimersByTimeAsync(hold_ms + 100);
  expect(done).toHaveBeenCalledOnce();
});

function show(byTouch: boolean, done: () => void) {
  return render(
    <Confirm title="Roll back to 7c41e9a?" verb="Roll back" name="7c41e9a" effect="All drain." wayBack="Deploy again." command="acme deploy rollback --to 7c41e9a" byTouch={byTouch} isOpen busy={false} problem={null} onConfirm={done} onClose={() => undefined} />,
  );
}

test("who opened it by mouse types the name to the letter, and the dialog shows effect, way back and command", async () => {
  const done = vi.fn();
  show(false, done);
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  const button = screen.getByRole("button", { name: "Roll back" }) as HTMLButtonElement;
  expect(screen.getByRole("alertdialog").textContent).toMatch(/All drain\..*Deploy again\..*acme deploy rollback --to 7c41e9a/);
  await user.type(screen.getByRole("textbox"), "7c41e9");
  expect(button.disabled).toBe(true);
  await user.type(screen.getByRole("textbox"), "a");
  expect(button.disabled).toBe(false);
  await user.keyboard("{Enter}");
  expect(done).toHaveBeenCalledOnce();
});

test("who opened it with a finger holds the button and types nothing", () => {
  show(true, () => undefined);
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.getByRole("button", { name: "Hold to roll back" })).toBeTruthy();
});
