// What a person chose for this browser: theme, time zone, single-letter keys. Nothing of it is
// worth a row in the database, and it must hold before anybody is signed in.

import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

interface Preferences {
  theme: Theme;
  /** IANA name; empty: the browser's. */
  zone: string;
  /** Keys of a single letter. */
  letters: boolean;
}

const place = "acme.preferences";
const defaults: Preferences = { theme: "system", zone: "", letters: true };
const watchers = new Set<() => void>();
let current = read();

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "{}") as Partial<Preferences>;
    const theme = kept.theme === "light" || kept.theme === "dark" ? kept.theme : "system";
    const zone = typeof kept.zone === "string" && isZone(kept.zone) ? kept.zone : "";
    return { theme, zone, letters: kept.letters !== false };
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
    return defaults;
  }
}

function isZone(zone: string): boolean {
  if (zone === "") return true;
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export function applyTheme(): void {
  if (current.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(place, JSON.stringify(current));
  } catch {
    // As in read().
  }
  applyTheme();
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(watch, () => current);
}

let zoneOfBrowser: string | undefined;

/** Asked once: making a formatter costs more than drawing what it writes. */
export function browserZone(): string {
  zoneOfBrowser ??= Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return zoneOfBrowser;
}

export function useZone(): string {
  return usePreferences().zone || browserZone();
}

const dark = typeof matchMedia === "undefined" ? undefined : matchMedia("(prefers-color-scheme: dark)");

function watchSystem(watcher: () => void): () => void {
  dark?.addEventListener("change", watcher);
  return () => dark?.removeEventListener("change", watcher);
}

/** What is drawn, whatever was chosen. */
export function useIsDark(): boolean {
  const { theme } = usePreferences();
  const system = useSyncExternalStore(watchSystem, () => dark?.matches ?? false);
  return theme === "system" ? system : theme === "dark";
}
