import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no CSSOM; ids that React Aria makes need no more than this.
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, "\\$&") } as typeof CSS;

afterEach(() => cleanup());
