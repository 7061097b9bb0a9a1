// An address that leads nowhere.
import { Link } from "@tanstack/react-router";

import { Notice } from "../ui/States";

export function Missing() {
  return (
    <>
      <h1 className="hidden-visually">Not found</h1>
      <Notice title="There is no such page" actions={<Link to="/">All sessions</Link>}>
        <p>The address may have been cut when it was copied.</p>
      </Notice>
    </>
  );
}
