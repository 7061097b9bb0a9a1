// The icons, drawn on a grid of 16.

const PATHS = {
  search: "M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11Zm4-1.5 3.5 3.5",
  copy: "M5.5 5.5v-4h9v9h-4m-9-5h9v9h-9Z",
  done: "m2.5 8.5 4 4 7-9",
  close: "m3 3 10 10M13 3 3 13",
  right: "m6 3 5 5-5 5",
  down: "m3 6 5 5 5-5",
  back: "M13.5 8h-11m4-4-4 4 4 4",
  link: "M6.5 9.5l3-3M7 4.5l1.6-1.6a3.2 3.2 0 0 1 4.5 4.5L11.5 9M4.5 7 2.9 8.6a3.2 3.2 0 0 0 4.5 4.5L9 11.5",
  compare: "M5.5 2.5h-4v11h4m5-11h4v11h-4M8 1v14",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5m0 11V15M1 8h1.5m11 0H15M3 3l1.1 1.1m7.8 7.8L13 13m0-10-1.1 1.1M4.1 11.9 3 13",
  moon: "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z",
  system: "M1.5 2.5h13v8.5h-13ZM5.5 14h5",
  help: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8m0 2.6v.4",
  filter: "M1.5 3.5h13m-11 4.5h9m-6 4.5h3",
  fold: "M8 1.5v4m-2-2 2 2 2-2M8 14.5v-4m-2 2 2-2 2 2M2 8h12",
  unfold: "M8 6.5v-5m-2 2 2-2 2 2M8 9.5v5m-2-2 2 2 2-2M2 8h12",
  warning: "M8 1.5 15 14H1ZM8 6v4m0 1.6v.4",
  live: "M8 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM4.5 11.5a5 5 0 0 1 0-7m7 0a5 5 0 0 1 0 7",
  zoomIn: "M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11Zm4-1.5 3.5 3.5M7 4.5v5M4.5 7h5",
  zoomOut: "M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11Zm4-1.5 3.5 3.5M4.5 7h5",
  next: "m2 3 5 5-5 5m5-10 5 5-5 5m7-10v10",
  tool: "M9.5 5.5a3 3 0 0 1 4-3.5l-2 2 .5 1.5L13.5 6l2-2a3 3 0 0 1-4 3.5L5 14l-2.5-2.5Z",
  thought: "M8 12.5c-3.9 0-6.5-2-6.5-5S4.1 2 8 2s6.5 2.5 6.5 5.5-2.6 5-6.5 5ZM5 14.5h0",
  quote: "M3 3.5h10v7H8l-3 3v-3H3Z",
} as const;

export type IconName = keyof typeof PATHS;

/** Draw an icon; what it means is told by the text or label beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
