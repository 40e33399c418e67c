import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { cache } from "../../api/cache";
import { safeNext } from "../../app/next";
import { SignInForm } from "./sign_in_form";
import { tokenOf } from "./token";

afterEach(() => vi.unstubAllGlobals());

test("the token is read from the fragment in both ways it is written", () => {
  expect(tokenOf("#token=abc-_1")).toBe("abc-_1");
  expect(tokenOf("#abc")).toBe("abc");
  expect(tokenOf("")).toBe("");
  expect(tokenOf("#other=abc")).toBe("");
});

test("after signing in one stays in this application", () => {
  expect(safeNext("/files?x=1")).toBe("/files?x=1");
  expect(safeNext("//elsewhere.example")).toBeUndefined();
  expect(safeNext("/\\elsewhere.example")).toBeUndefined();
  expect(safeNext("https://elsewhere.example")).toBeUndefined();
  expect(safeNext("/sign-in")).toBeUndefined();
});

test("a wrong password is said in the form and what was typed stays", async () => {
  const fetched = vi.fn(async () => new Response('{"status":401,"detail":"Email or password is wrong.","code":"sessions.refused","request_id":"req_4"}', { status: 401 }));
  vi.stubGlobal("fetch", fetched);
  const entered = vi.fn();
  render(
    <QueryClientProvider client={cache}>
      <SignInForm onSignedIn={entered} />
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Email"), "ines@example.com");
  await user.type(screen.getByLabelText("Password"), "wrong horse");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Email or password is wrong.");
  expect(screen.getByRole("alert").textContent).toContain("req_4");
  expect(screen.getByLabelText<HTMLInputElement>("Email").value).toBe("ines@example.com");
  expect(entered).not.toHaveBeenCalled();
});
