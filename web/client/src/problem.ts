// What an answer that is not a success becomes: RFC 9457 with the extensions of C-8.

export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldProblem[];
  mfa_token?: string;
  methods?: string[];
}

/** What is still to be brought after the first step of a sign-in. */
export interface Second {
  token: string;
  methods: readonly string[];
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly requestId: string | undefined;
  readonly fields: readonly FieldProblem[];
  /** Of sessions.mfa_required. */
  readonly second: Second | undefined;
  /** Seconds, of Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(status: number, body: ProblemBody, headers?: { requestId?: string | null; retryAfter?: string | null }) {
    super(body.detail || body.title || sentenceOf(status));
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? "";
    this.title = body.title ?? sentenceOf(status);
    this.requestId = body.request_id ?? headers?.requestId ?? undefined;
    this.fields = body.errors ?? [];
    this.second = body.mfa_token ? { token: body.mfa_token, methods: body.methods ?? [] } : undefined;
    const seconds = Number(headers?.retryAfter);
    this.retryAfter = headers?.retryAfter && Number.isFinite(seconds) ? seconds : undefined;
  }

  /** Status 0: no answer came at all. */
  static unreachable(): Problem {
    return new Problem(0, {});
  }

  /** For React Aria's `<Form validationErrors>`: pointers of one step, "/name" → "name". */
  get fieldErrors(): Record<string, string> {
    return Object.fromEntries(this.fields.map((field) => [field.pointer.replace(/^#?\//, ""), field.detail]));
  }
}

/** `text` is the body as it came; what is no problem+json (a balancer's page) keeps the status only. */
export function problemOf(status: number, text: string, header: (name: string) => string | null): Problem {
  let body: ProblemBody = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed !== null && typeof parsed === "object") body = parsed as ProblemBody;
  } catch {
    body = {};
  }
  return new Problem(status, body, { requestId: header("x-request-id"), retryAfter: header("retry-after") });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return Problem.unreachable();
}

function sentenceOf(status: number): string {
  if (status === 0) return "The platform did not answer. Check the connection; nothing was changed that you did not see confirmed.";
  if (status === 401) return "Your session has ended. Sign in again.";
  if (status === 403) return "Your role does not allow this. An administrator can do it or change your role.";
  if (status === 404) return "This does not exist, or it was deleted.";
  if (status === 412) return "Someone changed this in the meantime.";
  if (status === 413) return "This is larger than the platform accepts.";
  if (status === 429) return "Too many requests in the last minute. Wait a moment.";
  if (status === 503) return "The platform is busy or restarting. Try again in a few seconds.";
  return `The platform answered ${status}.`;
}
