// Requests to the JSON API of the server that served this page.

/** The server answered with an error, or did not answer (`status` 0); the message is the server's own. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Query = Record<string, string | number | readonly string[] | undefined>;

/** Write a path with a query; undefined and empty values are left out, lists repeat their name. */
export function url(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values: readonly (string | number)[] = typeof value === "object" ? value : value === undefined ? [] : [value];
    for (const each of values) if (each !== "") parameters.append(name, String(each));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

/** GET a JSON document of the API; the type is the caller's word for what the API describes. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await request(url(path, query), { signal: signal ?? null })) as T;
}

/** POST a JSON document. */
export async function post(path: string, body: unknown): Promise<unknown> {
  return request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

async function request(target: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(target, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, `No answer came from ${location.host}.`);
  }
  const text = await response.text();
  let told: unknown;
  try {
    told = text ? JSON.parse(text) : undefined;
  } catch {
    told = undefined;
  }
  if (!response.ok) throw new ApiError(response.status, reason(told) ?? `The server answered ${response.status}.`);
  return told;
}

function reason(told: unknown): string | undefined {
  return typeof told === "object" && told !== null && "error" in told ? String(told.error) : undefined;
}
