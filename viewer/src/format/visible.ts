// Text whose hidden characters can be seen: nothing that a browser drops or obeys gets through unseen.

// eslint-disable-next-line no-control-regex -- they are what is looked for
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Spell out control characters and those that turn the direction of text: ESC becomes ␛, U+202E `\u202e`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return code < 0x100 ? `\\x${code.toString(16)}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Put a text on one line of at most `chars` characters, never half of a surrogate pair. */
export function oneLine(text: string, chars = 240): string {
  const line = visible(
    text
      .slice(0, 4 * chars)
      .replace(/\s+/g, " ")
      .trim(),
  );
  if (line.length <= chars) return line;
  return `${line.slice(0, chars).replace(/[\ud800-\udbff]$/, "")}…`;
}
