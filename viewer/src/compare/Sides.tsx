// The two sides of a comparison, by name.
import { Link } from "@tanstack/react-router";

import { oneLine } from "../format/visible";

export interface Place {
  assistantId: string;
  sessionId: string;
  spanId?: string;
}

interface Side {
  place: Place;
  name: string;
  note: string;
}

/** What is compared: each a link, by its name and what tells it from others of that name. */
export function Sides({ sides }: { sides: readonly [Side, Side] }) {
  return (
    <dl className="compare-sides">
      {sides.map(({ place, name, note }, side) => (
        <div key={side}>
          <dt>
            <PlaceLink place={place} name={side ? "B" : "A"} />
          </dt>
          <dd className="cut">
            <b dir="auto">{oneLine(name, 80)}</b> <span className="faint">{oneLine(note, 80)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function PlaceLink({ place, name }: { place: Place; name: string }) {
  const { assistantId, sessionId, spanId } = place;
  return (
    <Link
      to="/sessions/$assistantId/$sessionId"
      params={{ assistantId, sessionId }}
      search={spanId ? { span: spanId } : {}}
      className={`compare-place compare-${name}`}
      title={`Open ${name}`}
    >
      {name}
    </Link>
  );
}
