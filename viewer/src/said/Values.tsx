// The values of a message: text with its citations, calls of tools, what they returned, what the model thought.
import { type ReactNode, useMemo, useState } from "react";

import type { Call, Citation, Value } from "../api/types";
import { oneLine, visible } from "../format/visible";
import { Icon, type IconName } from "../ui/Icon";
import { Mark } from "../ui/parts";
import { joined } from "./joined";
import { Json } from "./Json";
import { Prose } from "./Prose";
import "./said.css";

interface Props {
  values: readonly Value[];
  /** The calls that the values make, with their results where those are known. */
  calls?: readonly Call[];
  onSpan?: (spanId: string) => void;
}

export function Values({ values, calls = [], onSpan }: Props) {
  const whole = useMemo(() => joined(values), [values]);
  return whole.map((value, index) => <One key={index} value={value} calls={calls} onSpan={onSpan} />);
}

function One({ value, calls, onSpan }: { value: Value; calls: readonly Call[]; onSpan: Props["onSpan"] }) {
  const { text, toolUse, toolResult, reasoning } = value;
  if (text)
    return (
      <>
        {text.aiGuardrailAssessment?.blocked && (
          <p className="said-note warn">
            <Icon name="warning" /> Blocked by a guardrail
          </p>
        )}
        <Prose text={text.value} />
        <Citations citations={text.citations ?? []} />
      </>
    );
  if (reasoning)
    return (
      <Fold icon="thought" title="Reasoning" note={oneLine(reasoning.value, 90)} className="said-reasoning">
        <Prose text={reasoning.value} />
      </Fold>
    );
  if (toolUse) {
    const call = calls.find(({ toolUseId }) => toolUseId === toolUse.toolUseId);
    return <Tool name={toolUse.name} input={toolUse.arguments} call={call} onSpan={onSpan} />;
  }
  if (toolResult)
    return (
      <div className="said-result">
        <p className="said-note">
          <Icon name="tool" /> returned
          {toolResult.error != null && <Mark kind="ERROR" />}
        </p>
        <Reason error={toolResult.error} values={toolResult.values} />
        <Values values={toolResult.values} />
      </div>
    );
  return <Json value={value} />;
}

function Tool(props: { name: string; input: unknown; call: Call | undefined; onSpan: Props["onSpan"] }) {
  const { name, input, call, onSpan } = props;
  const result = call?.result;
  const span = call?.spanId ?? result?.spanId;
  const empty = typeof input === "object" && input !== null && Object.keys(input).length === 0;
  return (
    <div className={`said-tool ${result?.error != null ? "said-failed" : ""}`}>
      <p className="said-tool-head">
        <Icon name="tool" />
        <b className="mono">{visible(name)}</b>
        {result?.error != null && <Mark kind="ERROR" title={result.error} />}
        {call && !result && <span className="faint">no result yet</span>}
        {onSpan && span && (
          <button
            type="button"
            className="said-open"
            onClick={(event) => {
              event.stopPropagation();
              onSpan(span);
            }}
          >
            Open span
          </button>
        )}
      </p>
      {!empty && <Json value={input} />}
      {result && (
        <div className="said-returned">
          <Reason error={result.error} values={result.values} />
          <Values values={result.values} />
        </div>
      )}
    </div>
  );
}

/** Why a tool failed, where what it returned does not say so itself. */
function Reason({ error, values }: { error: string | null | undefined; values: readonly Value[] }) {
  if (error == null || values.some(({ text }) => text?.value.includes(error))) return null;
  return (
    <div className="bad">
      <Prose text={error} />
    </div>
  );
}

function Citations({ citations }: { citations: readonly Citation[] }) {
  if (!citations.length) return null;
  return (
    <ul className="citations" aria-label="Citations">
      {citations.map((citation, index) => (
        <li key={index}>
          <Fold icon="quote" title={visible(citation.title ?? citation.contentId ?? `Citation ${index + 1}`)}>
            <Json value={citation} />
          </Fold>
        </li>
      ))}
    </ul>
  );
}

interface FoldProps {
  icon?: IconName;
  title: string;
  note?: string;
  className?: string;
  open?: boolean;
  children: ReactNode;
}

/** Something that opens; what is in it is drawn only then. */
export function Fold({ icon, title, note, className = "", open = false, children }: FoldProps) {
  const [isOpen, setOpen] = useState(open);
  return (
    <div className={`fold ${className}`}>
      <button
        type="button"
        className="fold-head"
        aria-expanded={isOpen}
        onClick={(event) => {
          event.stopPropagation();
          setOpen(!isOpen);
        }}
      >
        <Icon name={isOpen ? "down" : "right"} />
        {icon && <Icon name={icon} />}
        <span className="fold-title" dir="auto">
          {title}
        </span>
        {!isOpen && note && (
          <span className="cut faint" dir="auto">
            {note}
          </span>
        )}
      </button>
      {isOpen && <div className="fold-body">{children}</div>}
    </div>
  );
}
