// Markdown as elements, never as HTML; pictures are links, so that nothing is fetched from elsewhere.
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

import { visible } from "../format/visible";

const OUTSIDE = { target: "_blank", rel: "noreferrer noopener" } as const;
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} {...OUTSIDE}>
      {children}
    </a>
  ),
  img: ({ src, alt }) => (
    <a href={typeof src === "string" ? src : undefined} {...OUTSIDE}>
      {alt === "" || alt === undefined ? "picture" : alt}
    </a>
  ),
  // headings of what was said are no headings of this page
  h1: ({ children }) => <p className="md-head">{children}</p>,
  h2: ({ children }) => <p className="md-head">{children}</p>,
  h3: ({ children }) => <p className="md-head">{children}</p>,
  h4: ({ children }) => <p className="md-head">{children}</p>,
  h5: ({ children }) => <p className="md-head">{children}</p>,
  h6: ({ children }) => <p className="md-head">{children}</p>,
  input: ({ checked }) => <span aria-hidden="true">{checked ? "☑" : "☐"}</span>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
};

export default function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown" dir="auto">
      <ReactMarkdown remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {visible(text)}
      </ReactMarkdown>
    </div>
  );
}
