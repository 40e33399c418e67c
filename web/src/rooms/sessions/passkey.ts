// Passkeys as the browser has them (Web Authentication Level 3), from and to the JSON of the API.
import { Problem } from "../../api/problem";

type Json = Record<string, unknown>;

export interface Credential {
  id: string;
  type: string;
  response: Record<string, string>;
  [extra: string]: unknown;
}

/** Browsers have them on secure pages only, and for hosts with a name. */
export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && isSecureContext && isNamed(location.hostname);
}

export function isNamed(host: string): boolean {
  return !/^[\d.]+$|[[:]/.test(host);
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** `options`: PublicKeyCredentialCreationOptionsJSON. */
export async function createPasskey(options: Json): Promise<Credential> {
  const user = options.user as Json & { id: string };
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await answered(navigator.credentials.create({ publicKey }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    type: made.type,
    response: { clientDataJSON: textOf(response.clientDataJSON), authenticatorData: textOf(response.getAuthenticatorData()) },
  };
}

/** `options`: PublicKeyCredentialRequestOptionsJSON. */
export async function usePasskeyOf(options: Json): Promise<Credential> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    allowCredentials: listed(options.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const used = await answered(navigator.credentials.get({ publicKey }));
  const response = used.response as AuthenticatorAssertionResponse;
  const credential: Credential = {
    id: used.id,
    type: used.type,
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
    },
  };
  if (response.userHandle) credential.response.userHandle = textOf(response.userHandle);
  return credential;
}

function listed(credentials: unknown): PublicKeyCredentialDescriptor[] {
  return (credentials as { id: string }[]).map(({ id }) => ({ type: "public-key", id: bytesOf(id) }));
}

async function answered(asked: Promise<unknown>): Promise<PublicKeyCredential> {
  try {
    return (await asked) as PublicKeyCredential;
  } catch (error) {
    throw new Problem(0, { title: sentenceOf(error instanceof Error ? error.name : "") });
  }
}

function sentenceOf(name: string): string {
  if (name === "InvalidStateError") return "This device has a passkey of this account already.";
  if (name === "NotAllowedError") return "No passkey was used: it was cancelled, or it took too long.";
  if (name === "SecurityError") return "Passkeys do not work at this address. Open the platform at its own.";
  return "The browser could not do it. Try another device.";
}
