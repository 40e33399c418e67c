import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { MoreMenu } from "./menu";

test("a menu is opened, walked and left by keyboard, and what cannot be done says why", async () => {
  const [open, remove] = [vi.fn(), vi.fn()];
  const user = userEvent.setup();
  render(
    <MoreMenu
      label="More for it"
      items={[
        { id: "open", name: "Open", run: open },
        { id: "remove", name: "Remove", why: "Administrators do.", run: remove },
        { id: "copy", name: "Copy", run: remove },
      ]}
    />,
  );
  const dots = screen.getByRole("button", { name: "More for it" });
  await user.tab();
  await user.keyboard("{Enter}");
  expect(dots.getAttribute("aria-expanded")).toBe("true");
  expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual(["Open", "RemoveAdministrators do.", "Copy"]);
  expect(document.activeElement?.textContent).toBe("Open");
  await user.keyboard("{ArrowDown}");
  expect(document.activeElement?.textContent).toBe("Copy");
  await user.keyboard("{ArrowUp}{Enter}");
  expect(open).toHaveBeenCalledOnce();
  expect(remove).not.toHaveBeenCalled();
  expect(screen.queryByRole("menu")).toBeNull();
  await user.click(dots);
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
});
