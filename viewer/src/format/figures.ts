// Numbers as people read them: durations, counts, money, times. Times are seconds since the epoch.

const WHOLE = new Intl.NumberFormat("en-US");
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const UNITS: readonly (readonly [seconds: number, smaller: number, name: string, smallerName: string])[] = [
  [86_400, 3_600, "d", "h"],
  [3_600, 60, "h", "min"],
  [60, 1, "min", "s"],
];

/** Write a duration in one or two units: `<1 ms`, `134 ms`, `1.25 s`, `2 min 5 s`, `3 h 4 min`. */
export function duration(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  if (ms < 1) return "<1 ms";
  if (ms < 1000) return `${ms} ms`;
  if (seconds < 59.995) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  for (const [unit, smaller, name, smallerName] of UNITS) {
    const rounded = Math.round(seconds / smaller) * smaller;
    if (rounded >= unit) {
      const rest = Math.floor((rounded % unit) / smaller);
      return `${WHOLE.format(Math.floor(rounded / unit))} ${name}${rest ? ` ${rest} ${smallerName}` : ""}`;
    }
  }
  return `${Math.round(seconds)} s`;
}

/** Write a count whole: `12,034`. */
export const count = (value: number): string => WHOLE.format(value);

/** Write a large count short: `12K`. */
export const short = (value: number): string => (value < 10_000 ? WHOLE.format(value) : COMPACT.format(value));

/** Write US dollars with as many digits as say something: `$0.0031`, `$1.24`, `$1,204`. */
export function money(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars < 0.0001) return "<$0.0001";
  const digits = dollars >= 100 ? 0 : dollars >= 0.1 ? 2 : 4;
  return `$${new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(dollars)}`;
}

/** Write a share: `<0.1 %`, `3.4 %`, `42 %`. */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  if (share < 0.001) return "<0.1 %";
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");

/** Write a time of day in the reader's zone, `14:03:22`, with milliseconds if asked. */
export function clock(time: number, milliseconds = false): string {
  const at = new Date(time * 1000);
  const whole = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return milliseconds ? `${whole}.${pad(at.getMilliseconds(), 3)}` : whole;
}

/** Write a day in the reader's zone, `2026-11-25`. */
export function day(time: number): string {
  const at = new Date(time * 1000);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
}

/** Write day and time of day. */
export const moment = (time: number, milliseconds = false): string => `${day(time)} ${clock(time, milliseconds)}`;

/** Say how long ago a time is, `now` being another: `just now`, `5 min ago`, `3 d ago`. */
export function ago(time: number, now: number): string {
  const seconds = now - time;
  if (seconds < 0) return "ahead";
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Name how many there are of something: `1 span`, `12,034 spans`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${WHOLE.format(value)} ${value === 1 ? one : many}`;
