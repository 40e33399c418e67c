import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Page } from "./pages";
import { usePreferences } from "../ui/preferences";

const sequence_ms = 1_000;

/** ⌘K and Ctrl K open the palette; G then a letter goes to a page. Letters can be switched off (WCAG 2.1.4). */
export function useKeys(pages: readonly Page[], openPalette: () => void): void {
  const navigate = useNavigate();
  const { letters } = usePreferences();
  const open = useRef(openPalette);
  open.current = openPalette;
  useEffect(() => {
    let pressedG = Number.NEGATIVE_INFINITY;
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if (key === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        open.current();
        return;
      }
      if (!letters || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      if (key === "g") {
        pressedG = event.timeStamp;
        return;
      }
      const page = pages.find((each) => each.key === key);
      if (page && event.timeStamp - pressedG < sequence_ms) void navigate({ to: page.to });
      pressedG = Number.NEGATIVE_INFINITY;
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, letters, pages]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName) || target.closest("[role=dialog], [role=alertdialog]") !== null);
}
