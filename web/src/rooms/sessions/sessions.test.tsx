import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { cache } from "../../api/cache";
import { safeNext } from "../../app/next";
import { bytesOf, isNamed, textOf } from "./passkey";
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

test("after a right password the second step is asked for, and a wrong code keeps it open", async () => {
  const answers = [
    new Response('{"status":401,"detail":"Your second factor is asked for.","code":"sessions.mfa_required","mfa_token":"t.k","methods":["totp","recovery"]}', { status: 401 }),
    new Response('{"status":401,"detail":"This is not right.","code":"factors.refused"}', { status: 401 }),
    new Response('{"id":"ses_1"}', { status: 200, headers: { "Content-Type": "application/json" } }),
  ];
  const sent: unknown[] = [];
  vi.stubGlobal(
    "fetch",
    vi.fn(async (request: Request) => {
      sent.push(await request.json());
      return answers.shift();
    }),
  );
  const entered = vi.fn();
  render(
    <QueryClientProvider client={cache}>
      <SignInForm email="ines@example.com" onSignedIn={entered} />
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Password"), "right horse");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await user.type(await screen.findByLabelText("Code of your app"), "123 456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toContain("This is not right.");
  expect(entered).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Use a recovery code" }));
  await user.type(screen.getByLabelText("Recovery code"), "k7m2q-x9d4p");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await vi.waitFor(() => expect(entered).toHaveBeenCalled());
  expect(sent[2]).toEqual({ mfa_token: "t.k", method: "recovery", code: "k7m2q-x9d4p" });
});

test("bytes of passkeys go to text and back, and hosts of numbers have none", () => {
  const bytes = Uint8Array.from([0, 62, 63, 250, 255, 128]);
  expect(textOf(bytes.buffer)).toBe("AD4_-v-A");
  expect([...bytesOf("AD4_-v-A")]).toEqual([...bytes]);
  expect(["localhost", "app.example.com"].every(isNamed)).toBe(true);
  expect(["127.0.0.1", "[::1]"].some(isNamed)).toBe(false);
});
