// What a browser fetches at first load, page by page, gzip: scripts and styles, with every chunk they
// import. Builds in memory; exit 1 if a page is over the budget of the design.

import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "vite";

export const budget_bytes = 250_000;

/** The files of some chunks and of all that these import at once. */
export function filesOf(chunks, names) {
  const files = new Set();
  const visit = (name) => {
    const chunk = chunks.get(name);
    if (!chunk || files.has(name)) return;
    files.add(name);
    for (const style of chunk.styles) files.add(style);
    for (const each of chunk.imports) visit(each);
  };
  names.forEach(visit);
  return [...files].sort();
}

/** Each page's bytes: the entry together with the page's own chunk. */
export function pagesOf(chunks, weigh) {
  const [entry] = [...chunks].find(([, chunk]) => chunk.isEntry);
  return chunks.get(entry).pages.map((page) => {
    const files = filesOf(chunks, [entry, page]);
    return { page, files, bytes: files.reduce((sum, file) => sum + weigh(file), 0) };
  });
}

async function main() {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { output } = await build({ root, logLevel: "silent", build: { write: false } });
  const content = new Map(output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]));
  const chunks = new Map(
    output
      .filter((file) => file.type === "chunk")
      .map((chunk) => [
        chunk.fileName,
        { isEntry: chunk.isEntry, imports: chunk.imports, pages: chunk.dynamicImports, styles: [...(chunk.viteMetadata?.importedCss ?? [])] },
      ]),
  );
  const pages = pagesOf(chunks, (file) => gzipSync(content.get(file), { level: 9 }).length);
  for (const { page, bytes, files } of pages) {
    console.log(`${bytes <= budget_bytes ? "ok  " : "OVER"} ${(bytes / 1000).toFixed(1).padStart(6)} kB of ${budget_bytes / 1000} in ${files.length} files  ${page}`);
  }
  process.exitCode = pages.length > 0 && pages.every(({ bytes }) => bytes <= budget_bytes) ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
