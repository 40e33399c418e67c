import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Page } from "./pages";
import { goToSearch, walk } from "./rows";
import { usePreferences } from "../ui/preferences";

const sequence_ms = 1_000;

export interface Acts {
  openPalette: () => void;
  showKeys: () => void;
}

/**
 * ⌘K and Ctrl K open the palette; G then a letter goes to a page; / goes to the search, J and K through the rows of the
 * list, ? shows the keys. What is a single letter or sign can be switched off (WCAG 2.1.4).
 */
export function useKeys(pages: readonly Page[], acts: Acts): void {
  const navigate = useNavigate();
  const { letters } = usePreferences();
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    let pressedG = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if (key === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        latest.current.openPalette();
        return;
      }
      // Shift by itself ends no sequence: it is a part of the key that follows.
      if (!letters || event.metaKey || event.ctrlKey || event.altKey || key === "shift" || isTaken(event.target)) return;
      const followsG = event.timeStamp - pressedG < sequence_ms;
      pressedG = key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (key === "g") return;
      if (followsG) {
        const page = pages.find((each) => each.key === key);
        if (page) void navigate({ to: page.to });
        return;
      }
      if (key === "j") walk(1);
      else if (key === "k") walk(-1);
      else if (key === "?") latest.current.showKeys();
      // Firefox finds in the page with the same key.
      else if (key === "/" && goToSearch()) event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, letters, pages]);
}

// Inputs that take no text.
const pressed = /^(checkbox|radio|button|submit|reset|file|range|color)$/;
const dialogs = "[role=dialog], [role=alertdialog]";

/** Somebody types, or chooses in a list by the letter it begins with, or is asked something. */
export function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector(dialogs)) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !pressed.test(target.type);
  return target.isContentEditable || /^(textarea|select)$/i.test(target.tagName) || target.closest("[role=menu], [role=listbox]") !== null;
}
