import { afterEach, beforeEach, expect, test } from "vitest";
import { isTaken } from "./keys";
import { goToSearch, walk } from "./rows";

beforeEach(() => {
  document.body.innerHTML = `
    <a href="/elsewhere">Elsewhere</a>
    <main>
      <form role="search"><input value="old words" /><input /></form>
      <input type="checkbox" id="box" />
      <ul data-list="links">
        <li><button>Switch</button><a href="/1">One</a><a href="/more">More</a></li>
        <li><a href="/2">Two</a></li>
      </ul>
      <table><tbody data-list="rows"><tr id="three"><td><a href="/3">Download</a></td></tr></tbody></table>
    </main>
    <ul data-list="links"><li><a href="/nav">Outside of the page</a></li></ul>`;
});

afterEach(() => {
  document.body.innerHTML = "";
});

const here = () => document.activeElement?.id || document.activeElement?.textContent;

test("J and K walk the rows of all lists of the page, and stay at both ends", () => {
  const seen = [1, 1, 1, 1, -1, -1, -1].map((step) => {
    walk(step as 1 | -1);
    return here();
  });
  expect(seen).toEqual(["One", "Two", "three", "three", "Two", "One", "One"]);
});

test("a walk goes on from the row that has the focus, whatever of it has it", () => {
  document.querySelector("button")?.focus();
  walk(1);
  expect(here()).toBe("Two");
  document.querySelector("button")?.focus();
  walk(-1);
  expect(here()).toBe("One");
});

test("from elsewhere a walk begins at the first row, up or down", () => {
  document.querySelector("a")?.focus();
  walk(-1);
  expect(here()).toBe("One");
});

test("a page without a list or a search has nothing to walk", () => {
  document.body.innerHTML = "<main></main>";
  walk(1);
  expect(document.activeElement).toBe(document.body);
  expect(goToSearch()).toBe(false);
});

test("/ goes to the first field of the search, whose words are selected", () => {
  expect(goToSearch()).toBe(true);
  const field = document.activeElement as HTMLInputElement;
  expect(field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)).toBe("old words");
});

test("keys are left to whoever types, chooses or is asked, and not to a box that takes no text", () => {
  expect(isTaken(document.querySelector("input"))).toBe(true);
  expect(isTaken(document.getElementById("box"))).toBe(false);
  expect(isTaken(document.body)).toBe(false);
  document.body.insertAdjacentHTML("beforeend", "<div role=menu><div role=menuitem tabindex=0></div></div><div id=asked></div>");
  expect(isTaken(document.querySelector("[role=menuitem]"))).toBe(true);
  document.getElementById("asked")?.setAttribute("role", "alertdialog");
  expect(isTaken(document.body)).toBe(true);
});
