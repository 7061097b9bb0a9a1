// Figures of two things, and by how much they differ.
import { percent } from "../format/figures";
import { oneLine } from "../format/visible";

export type Figures<T> = readonly (readonly [
  name: string,
  of: (thing: T) => number | null | undefined,
  write: (value: number) => string,
])[];

interface Props<T> {
  left: T;
  right: T;
  names: readonly [string, string];
  figures: Figures<T>;
}

export function FiguresTable<T>({ left, right, names, figures }: Props<T>) {
  const rows = figures
    .map(([name, of, write]) => ({ name, write, one: of(left) ?? undefined, other: of(right) ?? undefined }))
    .filter(({ one, other }) => (one ?? 0) !== 0 || (other ?? 0) !== 0);
  return (
    <table className="figures-table">
      <thead>
        <tr>
          <th scope="col" className="hidden-visually">
            Figure
          </th>
          {names.map((name, index) => (
            <th key={index} scope="col" className="compare-name">
              <span className={`compare-place compare-${index ? "B" : "A"}`}>{index ? "B" : "A"}</span>{" "}
              <span dir="auto">{oneLine(name, 60)}</span>
            </th>
          ))}
          <th scope="col">B against A</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, write, one, other }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="num">{one === undefined ? "–" : write(one)}</td>
            <td className="num">{other === undefined ? "–" : write(other)}</td>
            <td className="num">{one === undefined || other === undefined ? "" : against(one, other, write)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function against(one: number, other: number, write: (value: number) => string): string {
  if (one === other) return "same";
  const sign = other > one ? "+" : "−";
  const difference = Math.abs(other - one);
  return `${sign}${write(difference)}${one ? ` (${sign}${percent(difference / one)})` : ""}`;
}
