// Everything that a program needs to call the platform.
export { createAcme, idempotencyKey, type Acme, type AcmeOptions } from "./acme.js";
export { Problem, asProblem, problemOf, type FieldProblem, type Second } from "./problem.js";
export { TokenSource, byPrivateKey, bySecret, type Given, type Proof } from "./tokens.js";
export { retried, type RetryOptions } from "./retry.js";
export type { components, operations, paths } from "./schema.js";
