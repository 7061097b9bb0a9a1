// The shapes of the API by their short names; `schema.ts` is generated from the server's own description.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Sessions = Schemas["Sessions"];
export type StripCell = Session["strip"][number];
export type Excerpt = Schemas["Excerpt"];
export type FacetValue = Schemas["FacetValue"];
export type Facets = Schemas["Facets"];
export type Identity = Schemas["Identity"];
export type Found = Schemas["Found"];
export type Finds = Schemas["Finds"];
/** A span without its messages. Times are seconds since the epoch; `end` is absent while it runs. */
export type Outline = Schemas["Outline"];
export type Outlines = Schemas["Outlines"];
export type Tokens = Schemas["Tokens"];
export type Turn = Schemas["Turn"];
export type Call = Schemas["Call"];
export type Conversation = Schemas["Conversation"];
export type Opening = Schemas["Opening"];
export type SpanPage = Schemas["SpanPage"];
export type Explanation = Schemas["Explanation"];
export type Claim = Schemas["Claim"];
export type Span = Schemas["WholeSpan"];
export type SpanAttributes = Schemas["SpanAttributes"];
export type Message = Schemas["SpanMessage"];
export type Value = Schemas["SpanMessageValue"];
export type Citation = Schemas["SpanCitation"];
export type GuardrailAssessment = Schemas["SpanGuardrailAssessment"];
export type Overview = Schemas["Overview"];
export type Percentiles = Schemas["Percentiles"];
export type Usage = Schemas["Usage"];
export type ToolUsage = Schemas["ToolUsage"];
