// Which commands can be done now: views say what they can, palette and hotkeys ask.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { tinykeys } from "tinykeys";

import { type CommandName, COMMANDS, type Handlers } from "./commands";

const stack: { current: Handlers }[] = [];
const listeners = new Set<() => void>();
let names: readonly CommandName[] = [];

function changed(): void {
  names = (Object.keys(COMMANDS) as CommandName[]).filter((name) => handler(name));
  for (const listener of listeners) listener();
}

function handler(name: CommandName): (() => void) | undefined {
  return stack.findLast(({ current }) => current[name])?.current[name];
}

/** Do a command, if it can be done now. */
export const perform = (name: CommandName): void => handler(name)?.();

/** Say what a view can do while it is shown; of several views the innermost does it. */
export function useCommands(handlers: Handlers): void {
  const held = useRef(handlers);
  useEffect(() => {
    held.current = handlers;
  });
  const able = Object.keys(handlers).join();
  useEffect(() => {
    stack.push(held);
    changed();
    return () => {
      stack.splice(stack.indexOf(held), 1);
      changed();
    };
  }, [able]);
}

/** The commands that can be done now. */
export function useAble(): readonly CommandName[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => names,
  );
}

const KEPT = "spanglass.keys";

/** Whether single keys do anything; those who speak to their computer turn them off (WCAG 2.1.4). */
export const singleKeys = {
  get: (): boolean => localStorage.getItem(KEPT) !== "off",
  set: (on: boolean): void => localStorage.setItem(KEPT, on ? "on" : "off"),
};

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));

/** Listen for the keys of all commands, for as long as the shell is shown. */
export function useHotkeys(): void {
  useEffect(() => {
    const bindings = new Map<string, (event: KeyboardEvent) => void>();
    for (const name of Object.keys(COMMANDS) as CommandName[])
      for (const keys of COMMANDS[name].keys) {
        const before = bindings.get(keys);
        bindings.set(keys, (event) => {
          const able = handler(name);
          const free = keys.startsWith("$mod") || (!typing(event.target) && singleKeys.get());
          const open = document.querySelector("dialog[open]");
          if (able && free && (!open || keys.startsWith("$mod"))) {
            event.preventDefault();
            able();
          } else before?.(event);
        });
      }
    return tinykeys(window, Object.fromEntries(bindings));
  }, []);
}
