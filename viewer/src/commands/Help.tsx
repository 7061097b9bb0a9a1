// All keys, by where they work.
import { useState } from "react";

import { Dialog } from "../ui/Dialog";
import { IconButton, Keys } from "../ui/parts";
import { type Command, COMMANDS, type Scope, shown } from "./commands";
import { singleKeys } from "./registry";

const SCOPES: readonly Scope[] = ["Anywhere", "Sessions", "One session", "One span"];

export function Help({ close }: { close: () => void }) {
  const [on, setOn] = useState(singleKeys.get);
  const all: Command[] = Object.values(COMMANDS);
  return (
    <Dialog label="Keys" className="help" close={close}>
      <header>
        <h2>Keys</h2>
        <IconButton icon="close" label="Close" onClick={close} />
      </header>
      {SCOPES.map((scope) => (
        <section key={scope}>
          <h3>{scope}</h3>
          <dl>
            {all
              .filter((command) => command.scope === scope)
              .map(({ title, keys }) => (
                <div key={title}>
                  <dt>{title}</dt>
                  <dd>
                    <Keys keys={shown(keys[0] ?? "")} />
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      <label>
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            singleKeys.set(event.target.checked);
            setOn(event.target.checked);
          }}
        />
        Keys without Ctrl or ⌘ do something (turn this off if you speak to your computer)
      </label>
    </Dialog>
  );
}
