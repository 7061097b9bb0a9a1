// Light, dark, or as the system has it: remembered in this browser.
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const NAME = "spanglass.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const kept = localStorage.getItem(NAME);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Dress the page in the theme that was chosen. */
export function dress(): void {
  document.documentElement.dataset.theme = read();
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(NAME, theme);
  dress();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
}

/** Return the theme after this one. */
export const nextTheme = (theme: Theme): Theme =>
  theme === "system" ? "light" : theme === "light" ? "dark" : "system";
