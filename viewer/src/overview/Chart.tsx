// Sessions over time, those that failed at the foot of each bar.
import { count, moment, plural } from "../format/figures";
import type { Overview } from "../api/types";

const HEIGHT = 100;
const BAR = 10;

export function Chart({ buckets, end }: { buckets: Overview["buckets"]; end: number }) {
  const most = Math.max(...buckets.map(({ sessions }) => sessions), 1);
  const [first] = buckets;
  const failures = buckets.reduce((sum, { errors }) => sum + errors, 0);
  const all = buckets.reduce((sum, { sessions }) => sum + sessions, 0);
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${buckets.length * BAR} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${plural(all, "session")} over time, ${count(failures)} failed, at most ${count(most)} at once`}
      >
        {buckets.map(({ start, sessions, errors }, index) => {
          const height = (sessions / most) * HEIGHT;
          const bad = (errors / most) * HEIGHT;
          return (
            <g key={start}>
              <title>{`${moment(start)}: ${plural(sessions, "session")}, ${count(errors)} failed`}</title>
              <rect x={index * BAR} y={0} width={BAR} height={HEIGHT} className="chart-ground" />
              <rect
                x={index * BAR + 1}
                y={HEIGHT - height}
                width={BAR - 2}
                height={height}
                className="fill-inference"
              />
              <rect x={index * BAR + 1} y={HEIGHT - bad} width={BAR - 2} height={bad} className="fill-bad" />
            </g>
          );
        })}
      </svg>
      <figcaption className="faint num">
        <span>{first && moment(first.start).slice(0, 16)}</span>
        <span>at most {count(most)}</span>
        <span>{moment(end).slice(0, 16)}</span>
      </figcaption>
    </figure>
  );
}
