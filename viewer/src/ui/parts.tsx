// Small parts that all views share: buttons, copying, keys, marks of status.
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useState } from "react";

import { visible } from "../format/visible";
import { Icon, type IconName } from "./Icon";

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement>;

/** A button with words. */
export function Button({ icon, children, className = "", ...rest }: ButtonProps & { icon?: IconName }) {
  return (
    <button type="button" className={`button ${className}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button with an icon alone; `label` says what it does, also on hovering. */
export function IconButton({ icon, label, ...rest }: ButtonProps & { icon: IconName; label: string }) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

const COPIED_MS = 1600;

/** Copies a text, and says so. Without `children` it is an icon alone. */
export function Copy({
  text,
  label,
  children,
}: {
  text: string | (() => string);
  label: string;
  children?: ReactNode;
}) {
  const [state, setState] = useState<"" | "Copied" | "Not copied">("");
  useEffect(() => {
    if (!state) return;
    const timer = setTimeout(() => setState(""), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    copied(typeof text === "string" ? text : text()).then(
      () => setState("Copied"),
      () => setState("Not copied"),
    );
  };
  return (
    <button
      type="button"
      className={children ? "button" : "icon-button"}
      aria-label={children ? undefined : label}
      title={label}
      onClick={copy}
    >
      <Icon name={state === "Copied" ? "done" : "copy"} />
      {children && <span>{state || children}</span>}
      <span className="hidden-visually" role="status">
        {state}
      </span>
    </button>
  );
}

/** Put a text on the clipboard; where a page has no clipboard of its own (plain http), by way of a selection. */
export async function copied(text: string): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- absent where the page is not served securely
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way there
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

/** Keys as they stand on a keyboard. */
export function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {keys.split(" ").map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}

const MARKS: Record<string, readonly [mark: string, tone: string, meaning: string]> = {
  ERROR: ["ERR", "bad", "failed"],
  TIMEOUT: ["TIMEOUT", "warn", "took too long"],
  ESCALATE: ["ESC", "warn", "escalated"],
  RUNNING: ["RUN", "live", "still running"],
};

/** A short mark for what is not simply well; nothing for what is. */
export function Mark({ kind, title }: { kind: string; title?: string | undefined }) {
  const mark = MARKS[kind];
  if (!mark) return null;
  const [text, tone, meaning] = mark;
  return (
    <abbr className={`mark mark-${tone}`} title={visible(title ?? meaning)}>
      {text}
    </abbr>
  );
}

/** A figure with its name, for summary lines. */
export function Figure({ name, children, tone = "" }: { name: string; children: ReactNode; tone?: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd className={`num ${tone}`}>{children}</dd>
    </div>
  );
}
