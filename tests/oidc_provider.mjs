// node tests/oidc_provider.mjs PORT REDIRECT_URI...: an OpenID Connect provider that others wrote, with two
// clients: "acme" has its tokens signed with RS256 and says its secret in a header, "acme-es" with ES256 and in
// the form. The secret of both comes on standard input. Whoever signs in is who they say: their name is their
// address, which is verified unless it begins with "unverified".
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [port, ...redirectUris] = process.argv.slice(2);
const require = createRequire(join(process.env.OIDC_PROVIDER_FOLDER, "from.js"));
const { Provider } = await import(require.resolve("oidc-provider"));
const secret = readFileSync(0, "utf8").trim();

const jwk = (kind, options, alg) => {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: "jwk" }), kid: alg, alg, use: "sig" };
};

const client = (id, method, alg) => ({
  client_id: id,
  client_secret: secret,
  redirect_uris: redirectUris,
  response_types: ["code"],
  grant_types: ["authorization_code"],
  token_endpoint_auth_method: method,
  id_token_signed_response_alg: alg,
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [client("acme", "client_secret_basic", "RS256"), client("acme-es", "client_secret_post", "ES256")],
  jwks: { keys: [jwk("rsa", { modulusLength: 2048 }, "RS256"), jwk("ec", { namedCurve: "P-256" }, "ES256")] },
  cookies: { keys: ["only-for-tests"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  clientAuthMethods: ["client_secret_basic", "client_secret_post"],
  pkce: { required: () => true },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith("unverified"), name: id.split("@")[0] }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
