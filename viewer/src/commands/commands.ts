// Every action that keys can do, once: palette, hotkeys and help are made of this list.

export type Scope = "Anywhere" | "Sessions" | "One session" | "One span";

export interface Command {
  title: string;
  scope: Scope;
  /** The keys, as tinykeys reads them; several ways are several entries. */
  keys: readonly string[];
}

export const COMMANDS = {
  palette: { title: "Find a session, span or command", scope: "Anywhere", keys: ["$mod+k"] },
  help: { title: "Show the keys", scope: "Anywhere", keys: ["Shift+?"] },
  sessions: { title: "Go to sessions", scope: "Anywhere", keys: ["g s"] },
  overview: { title: "Go to overview", scope: "Anywhere", keys: ["g o"] },
  compare: { title: "Go to compare", scope: "Anywhere", keys: ["g c"] },
  theme: { title: "Change between light, dark and the system's theme", scope: "Anywhere", keys: ["Shift+T"] },
  signOut: { title: "Sign out", scope: "Anywhere", keys: ["g q"] },
  search: { title: "Change the query", scope: "Sessions", keys: ["/"] },
  nextSession: { title: "Next session", scope: "Sessions", keys: ["j"] },
  previousSession: { title: "Previous session", scope: "Sessions", keys: ["k"] },
  nextFailure: { title: "Next step that failed", scope: "One session", keys: ["e"] },
  previousFailure: { title: "Previous step that failed", scope: "One session", keys: ["Shift+E"] },
  nextSpan: { title: "Next span", scope: "One session", keys: ["j"] },
  previousSpan: { title: "Previous span", scope: "One session", keys: ["k"] },
  view: { title: "Change between flow and graph", scope: "One session", keys: ["v"] },
  foldAll: { title: "Fold all spans", scope: "One session", keys: ["["] },
  unfoldAll: { title: "Unfold all spans", scope: "One session", keys: ["]"] },
  zoomIn: { title: "Zoom to the chosen span", scope: "One session", keys: ["z"] },
  zoomOut: { title: "Show the whole time", scope: "One session", keys: ["0"] },
  axis: { title: "Fold idle time, or show it", scope: "One session", keys: ["i"] },
  compareThis: { title: "Compare this with another", scope: "One session", keys: ["c"] },
  copyLink: { title: "Copy a link to what is shown", scope: "One session", keys: ["y"] },
  context: { title: "Whole context, or only what is new", scope: "One span", keys: ["n"] },
  mapping: { title: "What became of each attribute, or messages", scope: "One span", keys: ["m"] },
  raw: { title: "Raw JSON, or messages", scope: "One span", keys: ["r"] },
  closeSpan: { title: "Close the span", scope: "One span", keys: ["Escape"] },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;
export type Handlers = Partial<Record<CommandName, () => void>>;

const MAC = /mac|iphone|ipad/i;

/** Write keys as they stand on this keyboard: `Ctrl K`, `⌘ K`, `g s`. */
export function shown(keys: string, platform = navigator.userAgent): string {
  return keys
    .replace("$mod", MAC.test(platform) ? "⌘" : "Ctrl")
    .replace("Shift+?", "?")
    .replace("Escape", "Esc")
    .replace("+", " ")
    .replace(/\b[a-z]\b/g, (key) => (keys.includes("$mod") ? key.toUpperCase() : key));
}
