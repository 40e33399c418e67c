import { Building2, CalendarClock, Flag, KeyRound, LayoutGrid, ListChecks, Mail, Rocket, ScrollText, Server, Upload, UserRound, Webhook, type LucideIcon } from "lucide-react";
import { createContext } from "react";

export interface Page {
  to: "/" | "/releases" | "/fleet" | "/audit" | "/access" | "/mailbox" | "/files" | "/organization" | "/webhooks" | "/jobs" | "/schedules" | "/settings/flags" | "/me" | "/device";
  name: string;
  icon: LucideIcon;
  /** The second key after G. */
  key?: string;
  /** Shown to people with a role on the platform, or to its administrators alone. */
  isOf?: "platform" | "administrators";
}

/** Pages that exist. The palette, the drawer and the keys all read this list. */
export const overview: Page = { to: "/", name: "Overview", icon: LayoutGrid, key: "o" };
export const releases: Page = { to: "/releases", name: "Releases", icon: Rocket, key: "r", isOf: "platform" };
export const fleet: Page = { to: "/fleet", name: "Fleet", icon: Server, key: "n", isOf: "platform" };
export const audit: Page = { to: "/audit", name: "Audit", icon: ScrollText, key: "u", isOf: "platform" };
export const access: Page = { to: "/access", name: "Access", icon: KeyRound, key: "a", isOf: "platform" };
export const mailbox: Page = { to: "/mailbox", name: "Mailbox", icon: Mail, key: "m", isOf: "administrators" };
export const files: Page = { to: "/files", name: "Files", icon: Upload, key: "f" };
export const organization: Page = { to: "/organization", name: "Organization", icon: Building2, key: "p" };
export const webhooks: Page = { to: "/webhooks", name: "Webhooks", icon: Webhook, key: "h" };
export const jobs: Page = { to: "/jobs", name: "Jobs", icon: ListChecks, key: "j" };
export const schedules: Page = { to: "/schedules", name: "Schedules", icon: CalendarClock, key: "s" };
export const flags: Page = { to: "/settings/flags", name: "Feature Flags", icon: Flag, key: "l", isOf: "platform" };
export const device: Page = { to: "/device", name: "Let a program in", icon: KeyRound };
export const account: Page = { to: "/me", name: "Account", icon: UserRound };

const all: readonly Page[] = [overview, releases, fleet, audit, access, mailbox, files, organization, webhooks, jobs, schedules, flags, account, device];

export function pagesFor(hasRole: boolean, isAdministrator: boolean): readonly Page[] {
  return all.filter((page) => !page.isOf || isAdministrator || (hasRole && page.isOf === "platform"));
}

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What opens the palette. */
export const paletteKeys = isMac ? "⌘K" : "Ctrl K";

/** Those that this person is shown. */
export const Pages = createContext<readonly Page[]>(all);

/** The page of an address; of "/releases/dpl_…" too. */
export function pageAt(pathname: string): Page | undefined {
  const own = (page: Page) => page.to === pathname || (page.to !== "/" && pathname.startsWith(`${page.to}/`));
  // Segments are what flags name, and are reached from them.
  return all.find(own) ?? (pathname === "/settings/segments" ? flags : undefined);
}

export interface Group {
  name: string | undefined;
  pages: readonly Page[];
}

const groups: readonly Group[] = [
  { name: undefined, pages: [overview] },
  { name: "Operate", pages: [releases, fleet, audit, access, mailbox] },
  { name: "Application", pages: [jobs, schedules, files, organization, webhooks] },
  { name: "Settings", pages: [flags] },
];

export function groupsOf(pages: readonly Page[]): Group[] {
  return groups.map((group) => ({ ...group, pages: group.pages.filter((page) => pages.includes(page)) })).filter((group) => group.pages.length > 0);
}
