// Sessions over time, those that failed at the foot of each bar; each bar leads to its sessions.
import { Link } from "@tanstack/react-router";

import type { Overview } from "../api/types";
import { count, moment, plural } from "../format/figures";

interface Props {
  buckets: Overview["buckets"];
  end: number;
  /** The query for what is shown, but its time. */
  query: string;
}

const iso = (time: number): string => new Date(time * 1000).toISOString();

export function Chart({ buckets, end, query }: Props) {
  const most = Math.max(...buckets.map(({ sessions }) => sessions), 1);
  const [first] = buckets;
  const failures = buckets.reduce((sum, { errors }) => sum + errors, 0);
  const all = buckets.reduce((sum, { sessions }) => sum + sessions, 0);
  const share = (part: number) => `${(part / most) * 100}%`;
  return (
    <figure className="chart">
      <p className="faint num">{plural(most, "session")}</p>
      <ol
        className="chart-bars"
        aria-label={`${plural(all, "session")} over time, ${count(failures)} failed, at most ${count(most)} at once`}
      >
        {buckets.map(({ start, sessions, errors }, index) => {
          const told = `${moment(start)}: ${plural(sessions, "session")}, ${count(errors)} failed`;
          const time = `from:${iso(start)} to:${iso(buckets[index + 1]?.start ?? end)}`;
          return (
            <li key={start}>
              {sessions > 0 && (
                <Link to="/" search={{ q: `${time} ${query}`.trim() }} title={told} aria-label={told}>
                  <span className="chart-bar" style={{ height: share(sessions) }} />
                  <span className="chart-bar chart-bad" style={{ height: share(errors) }} />
                </Link>
              )}
            </li>
          );
        })}
      </ol>
      <figcaption className="faint num">
        <span>{first && moment(first.start).slice(0, 16)}</span>
        <span>{moment(end).slice(0, 16)}</span>
      </figcaption>
    </figure>
  );
}
