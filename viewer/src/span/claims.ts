// The claims on a span's attributes, sorted by what became of them.
import type { Claim } from "../api/types";

export interface Groups {
  used: Claim[];
  parts: Claim[];
  /** Outranked by another attribute, or without a usable value. */
  unused: Claim[];
  kept: Claim[];
}

/** Sort claims into groups; an attribute may fill one member and give way in another. */
export const grouped = (claims: readonly Claim[]): Groups => ({
  used: claims.filter(({ outcome }) => outcome === "used"),
  parts: claims.filter(({ outcome }) => outcome === "part"),
  unused: claims.filter(({ outcome }) => outcome === "outranked" || outcome === "unusable"),
  kept: claims.filter(({ outcome }) => outcome === "kept"),
});
