// Names that addresses hold in the place of ids.

/** In the place of a span: the first step that failed, once it is known which that is. */
export const FAILING = "failing";
