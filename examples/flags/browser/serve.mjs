// Your own server in front of your page: it serves the page's files, and passes OFREP on with a key
// that the browser never sees.
import { createReadStream } from "node:fs";
import { createServer, request as http } from "node:http";
import { request as https } from "node:https";
import { extname, join, normalize } from "node:path";

const { ACME_URL, ACME_API_KEY, ACME_ORG, PORT = "8000" } = process.env;
const folder = import.meta.dirname;
const types = { ".html": "text/html", ".js": "text/javascript" };

function passOn(request, response) {
  const url = new URL(request.url, ACME_URL);
  const headers = { ...request.headers, host: url.host, authorization: `Bearer ${ACME_API_KEY}` };
  const ask = url.protocol === "https:" ? https : http;
  const onward = ask(url, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.writeHead(502).end());
  response.on("close", () => onward.destroy());
  if (!ACME_ORG || request.method !== "POST") return void request.pipe(onward);
  // Which organization a user is in is for the server to say.
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const asked = JSON.parse(body || "{}");
    asked.context = { ...asked.context, org_id: ACME_ORG };
    body = JSON.stringify(asked);
    onward.setHeader("content-length", Buffer.byteLength(body));
    onward.end(body);
  });
}

function sendFile(path, response) {
  const file = createReadStream(join(folder, path));
  file.on("error", () => response.writeHead(404).end());
  file.on("open", () => response.writeHead(200, { "Content-Type": types[extname(path)] ?? "text/plain" }));
  file.pipe(response);
}

createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://page").pathname);
  if (path.startsWith("/ofrep/")) return passOn(request, response);
  const isOurs = path === "/page.js" || path.startsWith("/node_modules/@openfeature/");
  sendFile(isOurs ? path : "/index.html", response);
}).listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/?flag=demo&user=user-1`));
