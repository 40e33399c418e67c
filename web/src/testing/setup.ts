import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom has no CSSOM; ids that React Aria makes need no more than this.
globalThis.CSS ??= { escape: (text: string) => text.replace(/[^\w-]/g, "\\$&") } as typeof CSS;

// What is waited for comes late on a machine that has much to do; vitest itself gives up a second after that.
configure({ asyncUtilTimeout: 4_000 });

afterEach(() => cleanup());
