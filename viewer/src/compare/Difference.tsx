// One text of each, the words that changed marked.
import { visible } from "../format/visible";
import { BigText } from "../said/BigText";
import { type Pair, words } from "./align";

interface Props<T> {
  pair: Pair<T>;
  text: (item: T) => string;
  who: (item: T) => string;
}

export function Difference<T>({ pair, text, who }: Props<T>) {
  const { left, right, same } = pair;
  const both = left !== undefined && right !== undefined && !same ? words(text(left), text(right)) : undefined;
  const pieces = both?.some(({ change }) => change === "same") ? both : undefined;
  return (
    <div className={`difference ${same ? "difference-same" : ""}`}>
      {[left, right].map((item, side) => (
        <div key={side} className={`difference-side ${same ? "" : side ? "difference-b" : "difference-a"}`}>
          {item !== undefined && (
            <>
              <p className="message-who">{visible(who(item))}</p>
              {pieces ? (
                <p className="big-text" dir="auto">
                  {pieces
                    .filter(({ change }) => change !== (side ? "removed" : "added"))
                    .map(({ text: piece, change }, index) =>
                      change === "same" ? (
                        visible(piece)
                      ) : side ? (
                        <ins key={index}>{visible(piece)}</ins>
                      ) : (
                        <del key={index}>{visible(piece)}</del>
                      ),
                    )}
                </p>
              ) : (
                <BigText text={text(item)} />
              )}
            </>
          )}
        </div>
      ))}
    </div>
  );
}
