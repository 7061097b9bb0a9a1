// Figures of two things, and by how much they differ.
import { percent } from "../format/figures";

export type Figures<T> = readonly (readonly [
  name: string,
  of: (thing: T) => number | null | undefined,
  write: (value: number) => string,
])[];

interface Props<T> {
  left: T;
  right: T;
  figures: Figures<T>;
}

export function FiguresTable<T>({ left, right, figures }: Props<T>) {
  const rows = figures
    .map(([name, of, write]) => ({ name, write, one: of(left) ?? undefined, other: of(right) ?? undefined }))
    .filter(({ one, other }) => (one ?? 0) !== 0 || (other ?? 0) !== 0);
  const cells = (told: (row: (typeof rows)[number]) => string) =>
    rows.map((row) => (
      <td key={row.name} className="num">
        {told(row)}
      </td>
    ));
  const told = (value: number | undefined, write: (value: number) => string) =>
    value === undefined ? "–" : write(value);
  return (
    <div className="figures-scroll" tabIndex={0} role="group" aria-label="Figures">
      <table className="figures-table">
        <thead>
          <tr>
            <td />
            {rows.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <Letter letter="A" />
            {cells(({ one, write }) => told(one, write))}
          </tr>
          <tr>
            <Letter letter="B" />
            {cells(({ other, write }) => told(other, write))}
          </tr>
          <tr>
            <th scope="row" className="muted">
              B against A
            </th>
            {cells(({ one, other, write }) =>
              one === undefined || other === undefined ? "" : against(one, other, write),
            )}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Letter({ letter }: { letter: "A" | "B" }) {
  return (
    <th scope="row">
      <span className={`compare-place compare-${letter}`}>{letter}</span>
    </th>
  );
}

function against(one: number, other: number, write: (value: number) => string): string {
  if (one === other) return "same";
  const sign = other > one ? "+" : "−";
  const difference = Math.abs(other - one);
  return `${sign}${write(difference)}${one && difference / one < 10 ? ` (${sign}${percent(difference / one)})` : ""}`;
}
