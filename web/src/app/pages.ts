import { LayoutGrid, Upload, UserRound, type LucideIcon } from "lucide-react";

export interface Page {
  to: "/" | "/files" | "/me";
  name: string;
  icon: LucideIcon;
  /** The second key after G. */
  key?: string;
}

/** Pages that exist. The palette, the drawer and the keys all read this list. */
export const overview: Page = { to: "/", name: "Overview", icon: LayoutGrid, key: "o" };
export const files: Page = { to: "/files", name: "Files", icon: Upload, key: "f" };
export const account: Page = { to: "/me", name: "Account", icon: UserRound };

export const pages: readonly Page[] = [overview, files, account];

export interface Group {
  name: string | undefined;
  pages: readonly Page[];
}

export const navigation: readonly Group[] = [
  { name: undefined, pages: [overview] },
  { name: "Application", pages: [files] },
];
