// The client of a service account, from the environment.
import { bySecret, createAcme } from "acme-client";

export const url = need("ACME_URL").replace(/\/$/, "");
export const proof = bySecret(need("ACME_CLIENT_ID"), need("ACME_CLIENT_SECRET"));
export const acme = createAcme({ url, account: proof });

export function need(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set`);
    process.exit(2);
  }
  return value;
}
