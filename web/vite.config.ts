import react from "@vitejs/plugin-react";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import { defineConfig } from "vitest/config";

// The node that the development server stands in front of.
const acme = process.env.ACME_URL ?? "http://127.0.0.1:8080";

// What the binary sends with the dashboard; `vite preview` sends it too.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

const proxy = Object.fromEntries(
  ["/v1", "/healthz", "/readyz"].map((path) => [path, { target: acme }]),
);

export default defineConfig({
  plugins: [
    react(),
    // React Aria brings 34 languages; this one speaks English.
    { ...optimizeLocales.vite({ locales: ["en-US"] }), enforce: "pre" },
  ],
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy, headers: { "Content-Security-Policy": policy } },
  build: {
    // The first browsers with light-dark(): lowering it would double the style sheet.
    target: ["chrome123", "firefox120", "safari17.5"],
    // A data: address is refused by the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  test: { environment: "jsdom", setupFiles: ["src/testing/setup.ts"], include: ["src/**/*.test.{ts,tsx}", "client/src/*.test.ts", "tools/*.test.mjs"] },
});
